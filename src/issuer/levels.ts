/** Levels of assurance that an authorization request asks for, by either of the two ways there are (Core §5.5.1.1). */
export interface Levels {
  readonly values: readonly string[]
  /** Nothing less will do. */
  readonly essential: boolean
}

const none: Levels = { values: [], essential: false }

/** `acr_values` is a wish and, as in the library, goes before the `claims` parameter, which the library has parsed before. */
export function levelsAsked({ acr_values: wished, claims }: Readonly<Record<string, unknown>>): Levels {
  if (typeof wished === 'string') return { values: wished.split(' ').filter(Boolean), essential: false }
  if (typeof claims !== 'string') return none
  const parsed = JSON.parse(claims) as { id_token?: { acr?: unknown } }
  const asked = parsed.id_token?.acr
  if (typeof asked !== 'object' || asked === null) return none
  const { value, values, essential }: { value?: unknown; values?: unknown; essential?: unknown } = asked
  const all = [value, ...(Array.isArray(values) ? values : [])]
  return { values: all.filter((level) => typeof level === 'string'), essential: essential === true }
}
