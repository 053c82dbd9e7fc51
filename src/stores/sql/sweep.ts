import { setImmediate as breath } from 'node:timers/promises'
import { type RawBuilder, sql } from 'kysely'
import { raiseTime } from './database.ts'
import type { Db, Schema } from './schema.ts'

const batch = 500

/** The tables of live state, by the columns of their primary keys. */
const keys: Partial<Record<keyof Schema, readonly string[]>> = {
  sessions: ['id'],
  grants: ['id'],
  artifacts: ['kind', 'id'],
  marks: ['kind', 'name'],
  trips: ['state'],
  departures: ['state'],
  attempts: ['key'],
}

/** Deletes what expired until then, a few rows at a time, so that nobody waits long behind it. Answers how many. */
export async function sweep(db: Db, until: number): Promise<number> {
  let swept = 0
  // A node that starts with its clock set back goes on from here: what is deleted now was not too early.
  await raiseTime(db, until)
  for (const [name, columns] of Object.entries(keys)) {
    const statement = expired(name, columns, until)
    for (let deleted = batch; deleted === batch; swept += deleted) {
      deleted = Number((await statement.execute(db)).numAffectedRows ?? 0n)
      await breath()
    }
  }
  return swept
}

function expired(name: string, columns: readonly string[], now: number): RawBuilder<unknown> {
  const table = sql.table(name)
  const key = sql.join(columns.map((column) => sql.ref(column)))
  return sql`delete from ${table} where (${key}) in (select ${key} from ${table} where expires_at <= ${now} limit ${batch})`
}
