/** Something the source said that was not passed on: the login trace shows it. */
export interface Dropped {
  /** The claim of ours, or `groups`; with the place inside it, such as `groups.3`. */
  readonly path: string
  readonly reason: DropReason
  /** A description such as `array of 3`; never the value itself, which may be anything. */
  readonly value?: string
}

export type DropReason =
  | 'null'
  | 'wrong_type'
  | 'too_long'
  | 'too_many'
  | 'too_deep'
  | 'control_characters'
  | 'reserved'
  | 'overage'
  | 'more'

export type Drop = (path: string, reason: DropReason, value?: string) => void

const maxListed = 100

/** Collects what was dropped; what is beyond the first hundred is only counted. */
export function listDropped(): { readonly drop: Drop; readonly list: () => readonly Dropped[] } {
  const listed: Dropped[] = []
  let more = 0
  return {
    drop(path, reason, value) {
      if (listed.length < maxListed) listed.push({ path, reason, ...(value !== undefined && { value }) })
      else more += 1
    },
    list: () => (more > 0 ? [...listed, { path: '', reason: 'more', value: `${more} more` }] : listed),
  }
}

/** What kind of thing a value is, in a few words. */
export function describe(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return `array of ${value.length}`
  if (typeof value === 'string') return `string of ${value.length} characters`
  return typeof value
}
