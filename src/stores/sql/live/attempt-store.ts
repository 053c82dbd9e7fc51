import { sql } from 'kysely'
import type { AttemptStore } from '../../../accounts/attempt-store.ts'
import type { Clock } from '../../../clock.ts'
import type { Db } from '../schema.ts'
import { written } from '../written.ts'

const count = written(
  (_, { key, expiresAt, now }: { key: string; expiresAt: number; now: number }) => sql<{ count: number }>`
  insert into attempts (key, count, expires_at) values (${key}, 1, ${expiresAt})
  on conflict (key) do update set
    count = case when attempts.expires_at > ${now} then attempts.count + 1 else 1 end,
    expires_at = case when attempts.expires_at > ${now} then attempts.expires_at else excluded.expires_at end
  returning count`,
)

const remember = written((db, { key, expires_at }: { key: string; expires_at: number }) =>
  db
    .insertInto('attempts')
    .values({ key, count: 1, expires_at })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ count: 1, expires_at })),
)

const read = written((db, { key, now }: { key: string; now: number }) =>
  db.selectFrom('attempts').select('count').where('key', '=', key).where('expires_at', '>', now),
)

/** Counts that end with their window, in SQL. */
export function createAttemptStore(db: Db, clock: Clock): AttemptStore {
  const countOf = async (key: string): Promise<number> => (await read(db, { key, now: clock() })).rows[0]?.count ?? 0

  return {
    read: countOf,

    async count(key, expiresAt) {
      const [row] = (await count(db, { key, expiresAt, now: clock() })).rows
      if (!row) throw new Error('An insert that updates on conflict returns one row')
      return row.count
    },

    async remember(key, expiresAt) {
      await remember(db, { key, expires_at: expiresAt })
    },

    async forget(key, limit = Number.POSITIVE_INFINITY) {
      const count = await countOf(key)
      // As many as were read, so that one which has come since is not forgotten with them.
      if (count > 0 && count < limit) {
        await db.deleteFrom('attempts').where('key', '=', key).where('count', '=', count).execute()
      }
      return count
    },
  }
}
