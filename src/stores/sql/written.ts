/**
 * Statements that most requests ask, written down once for each engine. To write one with the query builder costs more
 * than SQLite takes to answer it.
 */
import type { CompiledQuery } from 'kysely'
import { isPostgres } from './database.ts'
import type { Db } from './schema.ts'

/** Stands in a statement for what is different each time. */
class Blank {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}

interface Answer<Row> {
  readonly rows: readonly Row[]
  /** How many rows were inserted, changed or deleted. */
  readonly changed: number
}

/** Of a row, as values. */
export type Columns<Row> = { readonly [Name in keyof Row]: Row[Name] }

type Values = Readonly<Record<string, string | number | null>>

const blanksFor = <Given extends Values>(given: Given): Given =>
  Object.fromEntries(Object.keys(given).map((name) => [name, new Blank(name)])) as unknown as Given

/**
 * `write` is called once, with blanks for all that is given: they can be put into the statement as values, and nothing
 * can be found out about them. Each call gives all of it.
 */
export function written<Given extends Values, Row>(
  write: (db: Db, given: Given) => { compile(db: Db): CompiledQuery<Row> },
): (db: Db, given: Given) => Promise<Answer<Row>> {
  const known = new Map<boolean, CompiledQuery<Row>>()

  return async (db, given) => {
    const engine = isPostgres(db)
    const statement = known.get(engine) ?? write(db, blanksFor(given)).compile(db)
    known.set(engine, statement)
    const parameters = statement.parameters.map((value) => (value instanceof Blank ? given[value.name] : value))
    const { rows, numAffectedRows } = await db.executeQuery<Row>({ ...statement, parameters })
    return { rows, changed: Number(numAffectedRows ?? 0) }
  }
}
