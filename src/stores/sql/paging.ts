import { Refusal } from '../../errors.ts'

/** Asks for one row more than the page holds: it tells whether there is a next page. */
export const pageOf = <Row extends { readonly seq: number }, T>(
  rows: readonly Row[],
  limit: number,
  read: (row: Row) => T,
): { readonly items: readonly T[]; readonly next: string | null } => {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  return { items: shown.map(read), next: last && rows.length > limit ? cursorAt(last.seq) : null }
}

const cursorAt = (seq: number): string => Buffer.from(`seq:${seq}`).toString('base64url')

/** Where the page before ended. Rejects with `invalid_input` what was never given out. */
export function placeOf(cursor: string): number {
  const [, digits] = /^seq:(\d{1,15})$/.exec(Buffer.from(cursor, 'base64url').toString('utf8')) ?? []
  if (digits === undefined) {
    throw new Refusal('invalid_input', undefined, {
      problems: [{ path: 'after', message: 'must be the next of a page' }],
    })
  }
  return Number(digits)
}

/** The column that lists search in: SQL's own lower() knows ASCII only. */
export const searchText = (...names: readonly string[]): string => names.map(folded).join('\n')

/** One LIKE pattern per word, to be used with `escape '\'`. */
export const searchPatterns = (search: string): readonly string[] =>
  folded(search)
    .split(/\s+/)
    .filter((word) => word !== '')
    .map((word) => `%${word.replaceAll(/[\\%_]/g, '\\$&')}%`)

const folded = (text: string): string => text.normalize('NFKC').replaceAll('\0', '').toLowerCase()
