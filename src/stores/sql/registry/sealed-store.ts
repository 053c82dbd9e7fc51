import { sql } from 'kysely'
import type { SealedStore } from '../../../keys/sealed-store.ts'
import { keyIdOf, type Vault } from '../../../vault.ts'
import { fromJson, toJson } from '../json.ts'
import type { Db, Schema } from '../schema.ts'
import { clientSecretContext } from './client-store.ts'
import { signingKeyContext } from './key-store.ts'
import { secondFactorContext } from './second-factor-store.ts'
import { sourceSecretContext } from './source-store.ts'

/** A column of sealed text: one value, or several by name. */
interface SealedColumn {
  readonly table: keyof Schema
  readonly id: string
  readonly column: string
  read(id: string, text: string): readonly { readonly context: string; readonly sealed: string }[]
  write(text: string, sealed: readonly string[]): string
}

const one = (context: (id: string) => string): Pick<SealedColumn, 'read' | 'write'> => ({
  read: (id, text) => [{ context: context(id), sealed: text }],
  write: (text, [sealed = text]) => sealed,
})

const byName = (context: (id: string, name: string) => string): Pick<SealedColumn, 'read' | 'write'> => ({
  read: (id, text) =>
    Object.entries(fromJson<Record<string, string>>(text)).map(([name, sealed]) => ({
      context: context(id, name),
      sealed,
    })),
  write: (text, sealed) =>
    toJson(Object.fromEntries(Object.keys(fromJson<object>(text)).map((name, index) => [name, sealed[index]]))),
})

const columns: readonly SealedColumn[] = [
  { table: 'signing_keys', id: 'kid', column: 'private_jwk', ...one(signingKeyContext) },
  { table: 'sources', id: 'id', column: 'secrets', ...byName(sourceSecretContext) },
  { table: 'clients', id: 'id', column: 'secret', ...one(clientSecretContext) },
  { table: 'second_factors', id: 'id', column: 'secret', ...one(secondFactorContext) },
]

const batch = 50

export function createSealedStore(db: Db, vault: Vault): SealedStore {
  const [first] = vault.keyIds

  async function rowsOf({ table, id, column }: SealedColumn, after: string) {
    const [key, text] = [sql.ref(id), sql.ref(column)]
    const { rows } = await sql<{ id: string; text: string }>`
      select ${key} as id, ${text} as text from ${sql.table(table)}
      where ${key} > ${after} and ${text} is not null order by ${key} limit ${batch}`.execute(db)
    return rows
  }

  /** Unless somebody has changed it since: then it lies under their first key. */
  async function replace({ table, id, column }: SealedColumn, row: { id: string; text: string }, text: string) {
    const { numAffectedRows } = await sql`
      update ${sql.table(table)} set ${sql.ref(column)} = ${text}
      where ${sql.ref(id)} = ${row.id} and ${sql.ref(column)} = ${row.text}`.execute(db)
    return numAffectedRows === 1n
  }

  return {
    async count() {
      const counts: Record<string, number> = {}
      for (const column of columns) {
        for (let after = '', full = true; full; ) {
          const rows = await rowsOf(column, after)
          for (const { sealed } of rows.flatMap(({ id, text }) => column.read(id, text)))
            counts[keyIdOf(sealed)] = (counts[keyIdOf(sealed)] ?? 0) + 1
          after = rows.at(-1)?.id ?? after
          full = rows.length === batch
        }
      }
      return counts
    },

    async resealSome(place = '0:') {
      const index = Number.parseInt(place, 10)
      const column = columns[index]
      if (!column) return { resealed: 0, broken: [], next: null }
      const rows = await rowsOf(column, place.slice(place.indexOf(':') + 1))
      const broken: string[] = []
      let resealed = 0

      const reseal = ({ context, sealed }: { context: string; sealed: string }): string => {
        const id = keyIdOf(sealed)
        if (id === first || !vault.keyIds.includes(id)) return sealed
        try {
          return vault.seal(vault.open(sealed, context), context)
        } catch {
          broken.push(context)
          return sealed
        }
      }
      for (const row of rows) {
        const values = column.read(row.id, row.text)
        const renewed = values.map(reseal)
        const changed = renewed.filter((sealed, at) => sealed !== values[at]?.sealed).length
        if (changed > 0 && (await replace(column, row, column.write(row.text, renewed)))) resealed += changed
      }
      const last = rows.length === batch ? rows.at(-1)?.id : undefined
      return { resealed, broken, next: last === undefined ? following(index) : `${index}:${last}` }
    },
  }
}

const following = (index: number): string | null => (index + 1 < columns.length ? `${index + 1}:` : null)
