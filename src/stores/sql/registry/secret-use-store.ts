import { sql } from 'kysely'
import type { SecretUseStore } from '../../../clients/secret-uses.ts'
import type { Db } from '../schema.ts'

/** When each secret of a client was last used, in SQL. */
export const createSecretUseStore = (db: Db): SecretUseStore => ({
  async of(clientIds) {
    if (clientIds.length === 0) return []
    const rows = await db.selectFrom('client_secret_uses').selectAll().where('client_id', 'in', clientIds).execute()
    return rows.map(({ client_id, secret, last_used_at }) => ({ clientId: client_id, secret, at: last_used_at }))
  },

  async note(uses, at) {
    for (const { clientId, secret } of uses) {
      await sql`
        insert into client_secret_uses (client_id, secret, last_used_at)
        select id, cast(${secret} as text), cast(${at} as bigint) from clients where id = ${clientId}
        on conflict (client_id, secret) do update set last_used_at = excluded.last_used_at`.execute(db)
    }
  },
})
