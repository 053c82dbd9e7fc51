/** Finds rows by pieces of their names through the indexes of 0008-searching-names and 0014-searching-people. */
import { type RawBuilder, sql } from 'kysely'
import { isPostgres } from './database.ts'
import { isFindable, searchPatterns, searchWords } from './paging.ts'
import type { Db, Schema } from './schema.ts'

/** Those that have such an index, with the column that it is of. */
const indexed: Partial<Record<keyof Schema, string>> = {
  sources: 'search',
  clients: 'search',
  roles: 'search',
  apis: 'search',
  applications: 'search',
  portals: 'search',
  accounts: 'names',
}

interface Searched {
  /** What stands after `from`. */
  readonly from: RawBuilder<unknown>
  /** Where rows stand in their order. */
  readonly seq: RawBuilder<unknown>
  readonly conditions: readonly RawBuilder<unknown>[]
}

/**
 * @param alsoFound Where else than in the row's own names a word may stand.
 */
export function searched(
  db: Db,
  name: keyof Schema,
  search: string,
  alsoFound: (pattern: string) => RawBuilder<unknown> = () => sql`false`,
): Searched {
  const table = sql.table(name)
  if (!isFindable(search)) return { from: table, seq: sql.ref(`${name}.seq`), conditions: [sql`false`] }
  const column = sql.ref(`${name}.${indexed[name] ?? 'search'}`)
  const own = sql.ref(`${name}.search`)
  // The index finds whatever has all pieces of a word; whether they follow one another is seen in the name itself.
  const conditions = searchPatterns(search).map(
    (pattern) => sql`(${own} like ${pattern} escape '\\' or ${alsoFound(pattern)})`,
  )
  const plain = { from: table, seq: sql.ref(`${name}.seq`), conditions }
  if (!indexed[name]) return plain
  const words = searchWords(search).map((word) => [...word])
  if (isPostgres(db)) {
    const pieces = [...new Set(words.flatMap((word) => piecesOf(word, Math.min(word.length, 3))))]
    if (pieces.length === 0) return plain
    return {
      ...plain,
      conditions: [sql`gatehouse_pieces(${column}) @> array[${sql.join(pieces)}]::text[]`, ...conditions],
    }
  }
  // SQLite keeps pieces of three only: what is shorter is looked for row by row, and mostly found soon.
  const pieces = [...new Set(words.flatMap((word) => piecesOf(word, 3)))]
  if (pieces.length === 0) return plain
  const index = sql.table(`${name}_pieces`)
  const wanted = pieces.map((piece) => `"${piece.replaceAll('"', '""')}"`).join(' AND ')
  return {
    from: sql`${index} join ${table} on ${plain.seq} = ${index}.rowid`,
    seq: sql`${index}.rowid`,
    conditions: [sql`${index} match ${wanted}`, ...conditions],
  }
}

const piecesOf = (word: readonly string[], length: number): readonly string[] =>
  Array.from({ length: Math.max(0, word.length - length + 1) }, (_, first) =>
    word.slice(first, first + length).join(''),
  )
