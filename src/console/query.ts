/** What follows a path, with its question mark; what is empty is left out. */
export function queryOf(query: Readonly<Record<string, string | undefined>>): string {
  const given = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value) given.set(name, value)
  return given.size === 0 ? '' : `?${given}`
}
