import { sql } from 'kysely'
import type { AttemptStore } from '../../../accounts/attempt-store.ts'
import type { Clock } from '../../../clock.ts'
import type { Db } from '../schema.ts'

export function createAttemptStore(db: Db, clock: Clock): AttemptStore {
  async function read(key: string): Promise<number> {
    const row = await db
      .selectFrom('attempts')
      .select('count')
      .where('key', '=', key)
      .where('expires_at', '>', clock())
      .executeTakeFirst()
    return row?.count ?? 0
  }

  return {
    read,

    async count(key, expiresAt) {
      const now = clock()
      const { rows } = await sql<{ count: number }>`
        insert into attempts (key, count, expires_at) values (${key}, 1, ${expiresAt})
        on conflict (key) do update set
          count = case when attempts.expires_at > ${now} then attempts.count + 1 else 1 end,
          expires_at = case when attempts.expires_at > ${now} then attempts.expires_at else excluded.expires_at end
        returning count`.execute(db)
      const [row] = rows
      if (!row) throw new Error('An insert that updates on conflict returns one row')
      return row.count
    },

    async remember(key, expiresAt) {
      const renewed = { count: 1, expires_at: expiresAt }
      await db
        .insertInto('attempts')
        .values({ key, ...renewed })
        .onConflict((conflict) => conflict.column('key').doUpdateSet(renewed))
        .execute()
    },

    async forget(key, limit = Number.POSITIVE_INFINITY) {
      const count = await read(key)
      // As many as were read, so that one which has come since is not forgotten with them.
      if (count > 0 && count < limit) {
        await db.deleteFrom('attempts').where('key', '=', key).where('count', '=', count).execute()
      }
      return count
    },
  }
}
