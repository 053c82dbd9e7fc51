/** What every kind of thing in the registry has in common: places in a list, versions, natural keys, guards. */
import { type RawBuilder, sql } from 'kysely'
import type { Collection, Entity, ListQuery } from '../../collection.ts'
import { type Problem, Refusal } from '../../errors.ts'
import { apart, atomically, nextIn, noteChange } from './database.ts'
import { pageOf, placeOf } from './paging.ts'
import type { EntityRow } from './rows/entity.ts'
import type { Db, Schema } from './schema.ts'
import { searched } from './searching.ts'
import { unlessViolated, type Violation } from './violation.ts'

type EntityTable = { [Name in keyof Schema]: Schema[Name] extends EntityRow ? Name : never }[keyof Schema]

/** The columns of a row that are not the same for every kind of thing. */
export type OwnColumns<Name extends EntityTable> = Omit<Schema[Name], Exclude<keyof EntityRow, 'search'>>

interface Kind<T extends Entity, Name extends EntityTable> {
  readonly db: Db
  readonly table: Name
  /** What one of them is called in a message: `source`. */
  readonly noun: string
  toColumns(entity: T): OwnColumns<Name>
  fromRow(row: Schema[Name]): T
  /** The member that each unique column stands for, for messages. `id` is one always. */
  readonly unique?: Readonly<Record<string, string>>
  /** What its id is called where it is not `id`. */
  readonly idMember?: string
  /** Writes the rows in other tables that say what the entity refers to, in place of those of before. */
  link?(db: Db, entity: T): Promise<void>
  /** What refers to it and so keeps it. */
  users?(db: Db, id: string): Promise<readonly Problem[]>
  /** Where else than in the row's own names a word of a search may stand. */
  alsoFound?(pattern: string): RawBuilder<unknown>
  /** What else than words its lists can be narrowed by. */
  narrowed?(query: ListQuery): readonly RawBuilder<unknown>[]
  /** Whether nodes must hear of its changes; people come and go too often for that. */
  readonly announced: boolean
}

export function createCollection<T extends Entity, Name extends EntityTable>(kind: Kind<T, Name>): Collection<T> {
  const { db, noun, fromRow } = kind
  const table = sql.table(kind.table)

  const changedMeanwhile = (id: string, expected: number) =>
    new Refusal('changed_meanwhile', `The ${noun} ${id} is not there in version ${expected}`)

  /** Keeps what `work` writes and what it refers to together. */
  const change = <R>(work: (transaction: Db) => Promise<R>): Promise<R> =>
    unlessViolated(
      'unique',
      () =>
        atomically(db, async (transaction) => {
          const result = await work(transaction)
          if (kind.announced) await noteChange(transaction)
          return result
        }),
      (violation) => taken(violation, noun, kind.unique ?? {}, kind.idMember),
    )

  return {
    async get(id) {
      const { rows } = await sql<Schema[Name]>`select * from ${table} where id = ${id}`.execute(db)
      return rows[0] && fromRow(rows[0])
    },

    async some(ids) {
      if (ids.length === 0) return []
      const { rows } = await sql<Schema[Name]>`
        select * from ${table} where id in (${sql.join(ids)}) order by seq`.execute(db)
      return rows.map(fromRow)
    },

    async list(query) {
      const { limit, after, search } = query
      const { from, seq, conditions } = searched(db, kind.table, search ?? '', kind.alsoFound)
      const place = sql`${seq} > ${after === undefined ? 0 : placeOf(after)}`
      const { rows } = await sql<Schema[Name]>`
        select ${table}.* from ${from} where ${sql.join([place, ...conditions, ...(kind.narrowed?.(query) ?? [])], sql` and `)}
        order by ${seq} limit ${limit + 1}`.execute(db)
      return pageOf(rows, limit, fromRow)
    },

    async add(entity) {
      const columns = {
        id: entity.id,
        version: entity.version,
        created_at: entity.createdAt,
        updated_at: entity.updatedAt,
        ...kind.toColumns(entity),
      }
      const names = Object.keys(columns).map((name) => sql.ref(name))
      await change(async (transaction) => {
        await sql`
          insert into ${table} (${sql.join(names)}, seq)
          values (${sql.join(Object.values(columns))}, ${nextIn(transaction, kind.table)})`.execute(transaction)
        await kind.link?.(transaction, entity)
      })
    },

    async replace(entity, expected) {
      const replaced = { ...entity, version: expected + 1 }
      const columns = { version: replaced.version, updated_at: entity.updatedAt, ...kind.toColumns(replaced) }
      const changes = Object.entries(columns).map(([name, value]) => sql`${sql.ref(name)} = ${value}`)
      await unlessUsed(entity.id, () =>
        change(async (transaction) => {
          const { numAffectedRows } = await sql`
              update ${table} set ${sql.join(changes)} where id = ${entity.id} and version = ${expected}`.execute(
            transaction,
          )
          if (numAffectedRows !== 1n) throw changedMeanwhile(entity.id, expected)
          await kind.link?.(transaction, replaced)
        }),
      )
      return replaced
    },

    async remove(id, expected) {
      await unlessUsed(id, () =>
        change(async (transaction) => {
          const { numAffectedRows } = await sql`
              delete from ${table} where id = ${id} and version = ${expected}`.execute(transaction)
          if (numAffectedRows !== 1n) throw changedMeanwhile(id, expected)
        }),
      )
    },
  }

  async function unlessUsed(id: string, work: () => Promise<void>): Promise<void> {
    // Who uses it is asked after the violation, and so of a transaction that must still answer.
    const attempt = kind.users ? () => apart(db, work) : work
    await unlessViolated('reference', attempt, () => inUse(id))
  }

  async function inUse(id: string): Promise<Refusal> {
    const problems = (await kind.users?.(db, id)) ?? []
    return new Refusal('in_use', `The ${noun} ${id} is used by ${problems.map(({ path }) => path).join(', ')}`, {
      problems,
    })
  }
}

/** The refusal for a natural key that somebody else has. */
export function taken(
  violation: Violation,
  noun: string,
  members: Readonly<Record<string, string>>,
  idMember = 'id',
): Refusal {
  const [column, path] = Object.entries(members).find(([name]) => violation.detail.includes(name)) ?? ['id', idMember]
  const problems = [{ path, message: `is the ${column} of another ${noun} already` }]
  return new Refusal('conflict', `Another ${noun} has this ${column}`, { problems, cause: violation })
}

/** What each row in another table that keeps an entity looks like in the refusal to remove it. */
export const usedBy = (
  collection: string,
  noun: string,
  rows: readonly { readonly id: string; readonly name: string }[],
): readonly Problem[] =>
  rows.map(({ id, name }) => ({ path: `${collection}/${id}`, message: `is used by the ${noun} ${name}` }))
