import { z } from 'zod'

/** As many characters as the fields take that search. */
const longestSearch = 200

/** What is looked for, as the page shows it: of an address that says more, its beginning. */
export const searchText = z
  .string()
  .transform((text) => [...text].slice(0, longestSearch).join(''))
  .catch('')

/** What follows a path, with its question mark; what is empty is left out. */
export function queryOf(query: Readonly<Record<string, string | undefined>>): string {
  const given = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value) given.set(name, value)
  return given.size === 0 ? '' : `?${given}`
}
