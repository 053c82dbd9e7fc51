import type { Clock } from '../../../clock.ts'
import { Refusal } from '../../../errors.ts'
import type { Grant, GrantStore } from '../../../sessions/session.ts'
import { widened } from '../../../sessions/widened.ts'
import { makeOrChange } from '../database.ts'
import { fromJson, toJson } from '../json.ts'
import type { Db, GrantRow } from '../schema.ts'
import { unlessViolated } from '../violation.ts'

export function createGrantStore(db: Db, clock: Clock): GrantStore {
  const living = () =>
    db
      .selectFrom('grants')
      .leftJoin('sessions', 'sessions.id', 'grants.session_id')
      .selectAll('grants')
      .where('grants.expires_at', '>', clock())
      .where(({ eb, or }) => or([eb('grants.session_id', 'is', null), eb('sessions.expires_at', '>', clock())]))

  const insert = async (grant: Grant): Promise<Grant | undefined> => {
    const { numInsertedOrUpdatedRows } = await db
      .insertInto('grants')
      .values({ id: grant.id, ...toColumns(grant), revision: 1 })
      .onConflict((conflict) => conflict.columns(['session_id', 'client_id']).doNothing())
      .executeTakeFirst()
    return numInsertedOrUpdatedRows === 1n ? grant : undefined
  }

  const make = async (grant: Grant & { readonly sessionId: string }): Promise<Grant | undefined> => {
    const now = clock()
    const session = await db
      .selectFrom('sessions')
      .select('id')
      .where('id', '=', grant.sessionId)
      .where('expires_at', '>', now)
      .executeTakeFirst()
    if (!session) throw sessionEnded(grant.sessionId)
    // One that has expired is absent, yet its row still has the place in the session.
    await db
      .deleteFrom('grants')
      .where('session_id', '=', grant.sessionId)
      .where('client_id', '=', grant.clientId)
      .where('expires_at', '<=', now)
      .execute()
    return insert(grant)
  }

  const widen = async (row: GrantRow, asked: Grant): Promise<Grant | undefined> => {
    const before = fromRow(row)
    const after = widened(before, asked)
    // Most sign-ins ask for what is granted already, and need not write.
    if (toJson(after) === toJson(before)) return before
    const { numUpdatedRows } = await db
      .updateTable('grants')
      .set({ ...toColumns(after), revision: row.revision + 1 })
      .where('id', '=', row.id)
      .where('revision', '=', row.revision)
      .executeTakeFirst()
    return numUpdatedRows === 1n ? after : undefined
  }

  const ofSessions = async (sessionIds: readonly string[]): Promise<readonly Grant[]> => {
    if (sessionIds.length === 0) return []
    const rows = await living().where('grants.session_id', 'in', sessionIds).orderBy('grants.client_id').execute()
    return rows.map(fromRow)
  }

  return {
    open: (grant) =>
      unlessViolated(
        'reference',
        () =>
          makeOrChange({
            read: () =>
              living()
                .where('grants.session_id', '=', grant.sessionId)
                .where('grants.client_id', '=', grant.clientId)
                .executeTakeFirst(),
            make: () => make(grant),
            change: (row) => widen(row, grant),
          }),
        () => sessionEnded(grant.sessionId),
      ),

    async addOffline(grant) {
      await db
        .insertInto('grants')
        .values({ id: grant.id, ...toColumns(grant), revision: 1 })
        .execute()
    },

    async get(id) {
      const row = await living().where('grants.id', '=', id).executeTakeFirst()
      return row && fromRow(row)
    },

    ofSession: (sessionId) => ofSessions([sessionId]),
    ofSessions,

    async remove(id) {
      await db.deleteFrom('grants').where('id', '=', id).execute()
    },

    async removeOfAccount(accountId) {
      await db.deleteFrom('grants').where('account_id', '=', accountId).execute()
    },

    async removeOfClient(clientId) {
      await db.deleteFrom('grants').where('client_id', '=', clientId).execute()
    },

    async removeOfSource(sourceId) {
      await db.deleteFrom('grants').where('source_id', '=', sourceId).execute()
    },
  }
}

const sessionEnded = (id: string): Refusal =>
  new Refusal('session_ended', `There is no session ${id} to make a grant in`)

const toColumns = (grant: Grant) => ({
  session_id: grant.sessionId,
  client_id: grant.clientId,
  account_id: grant.accountId,
  source_id: grant.sourceId,
  scopes: toJson(grant.scopes),
  claims: toJson(grant.claims),
  resources: toJson(grant.resources),
  expires_at: grant.expiresAt,
})

const fromRow = (row: GrantRow): Grant => ({
  id: row.id,
  sessionId: row.session_id,
  clientId: row.client_id,
  accountId: row.account_id,
  sourceId: row.source_id,
  scopes: fromJson(row.scopes),
  claims: fromJson(row.claims),
  resources: fromJson(row.resources),
  expiresAt: row.expires_at,
})
