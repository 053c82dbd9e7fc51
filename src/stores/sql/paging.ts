import { Refusal } from '../../errors.ts'

/** Asks for one row more than the page holds: it tells whether there is a next page. */
export const pageOf = <Row extends { readonly seq: number }, T>(
  rows: readonly Row[],
  limit: number,
  read: (row: Row) => T,
  cursor: (row: Row) => string = cursorOf,
): { readonly items: readonly T[]; readonly next: string | null } => {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  return { items: shown.map(read), next: last && rows.length > limit ? cursor(last) : null }
}

const cursorAt = (place: string): string => Buffer.from(place).toString('base64url')

export const cursorOf = ({ seq }: { readonly seq: number }): string => cursorAt(`seq:${seq}`)

/** Where the page before ended. Rejects with `invalid_input` what was never given out. */
export const placeOf = (cursor: string): number => Number(read(cursor, /^seq:(\d{1,15})$/)[0])

/** Of lists in the order of time, in which `seq` decides between what happened at once. */
export const momentCursor = (at: number, seq: number): string => cursorAt(`at:${at}:${seq}`)

/** Rejects like {@link placeOf}. */
export function momentOf(cursor: string): { readonly at: number; readonly seq: number } {
  const [at, seq] = read(cursor, /^at:(\d{1,15}):(\d{1,15})$/)
  return { at: Number(at), seq: Number(seq) }
}

function read(cursor: string, form: RegExp): readonly string[] {
  const match = form.exec(Buffer.from(cursor, 'base64url').toString('utf8'))
  if (match) return match.slice(1)
  throw new Refusal('invalid_input', undefined, {
    problems: [{ path: 'after', message: 'must be the next of a page' }],
  })
}

/** The column that lists search in: SQL's own lower() knows ASCII only. */
export const searchText = (...names: readonly string[]): string => names.map(folded).join('\n')

/** One LIKE pattern per word, to be used with `escape '\'`. */
export const searchPatterns = (search: string): readonly string[] =>
  searchWords(search).map((word) => `%${word.replaceAll(/[\\%_]/g, '\\$&')}%`)

/** The column has no NUL, since PostgreSQL takes none. */
export const isFindable = (search: string): boolean => !search.includes('\0')

/** As they stand in the column. */
export const searchWords = (search: string): readonly string[] =>
  folded(search)
    .split(/\s+/)
    .filter((word) => word !== '')

const folded = (text: string): string => text.normalize('NFKC').replaceAll('\0', '').toLowerCase()
