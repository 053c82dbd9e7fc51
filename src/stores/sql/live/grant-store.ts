import { sql } from 'kysely'
import type { Clock } from '../../../clock.ts'
import { Refusal } from '../../../errors.ts'
import type { Grant, GrantStore } from '../../../sessions/session.ts'
import { widened } from '../../../sessions/widened.ts'
import { makeOrChange } from '../database.ts'
import { fromJson, toJson } from '../json.ts'
import type { GrantRow } from '../rows/live.ts'
import type { Db } from '../schema.ts'
import { unlessViolated } from '../violation.ts'
import { type Columns, written } from '../written.ts'

const living = (db: Db, now: number) =>
  db
    .selectFrom('grants')
    .leftJoin('sessions', 'sessions.id', 'grants.session_id')
    .selectAll('grants')
    .where('grants.expires_at', '>', now)
    .where(({ eb, or }) => or([eb('grants.session_id', 'is', null), eb('sessions.expires_at', '>', now)]))

const get = written((db, { id, now }: { id: string; now: number }) => living(db, now).where('grants.id', '=', id))

const ofSession = written((db, { sessionId, now }: { sessionId: string; now: number }) =>
  living(db, now).where('grants.session_id', '=', sessionId).orderBy('grants.client_id'),
)

/** See `touch` of the sessions; only that here it has to have this grant. */
const keepAwake = written(
  (db, { id, sessionId, idleUntil, now }: { id: string; sessionId: string; idleUntil: number; now: number }) =>
    db
      .updateTable('sessions')
      .set(({ eb, ref, val }) => ({
        expires_at: eb.case().when('ends_at', '<', idleUntil).then(ref('ends_at')).else(val(idleUntil)).end(),
      }))
      .where('id', '=', sessionId)
      .where('expires_at', '>', now)
      .where(({ exists, selectFrom }) =>
        exists(
          selectFrom('grants')
            .select('grants.id')
            .where('grants.id', '=', id)
            .where('grants.session_id', '=', sessionId)
            .where('grants.expires_at', '>', now),
        ),
      ),
)

interface Place {
  readonly [name: string]: string | number
  readonly sessionId: string
  readonly clientId: string
  readonly now: number
}

const inPlace = written((db, { sessionId, clientId, now }: Place) =>
  living(db, now).where('grants.session_id', '=', sessionId).where('grants.client_id', '=', clientId),
)

/** One that has expired is absent, yet its row still has the place in the session. */
const clear = written((db, { sessionId, clientId, now }: Place) =>
  db
    .deleteFrom('grants')
    .where('session_id', '=', sessionId)
    .where('client_id', '=', clientId)
    .where('expires_at', '<=', now),
)

const columns = [
  ...(['id', 'session_id', 'client_id', 'account_id', 'source_id'] as const),
  ...(['scopes', 'claims', 'resources', 'revision', 'expires_at'] as const),
] as const

/** Only into a session that is alive. */
const insert = written((db, { now, ...row }: Columns<GrantRow> & { now: number }) =>
  db
    .insertInto('grants')
    .columns(columns)
    .expression((eb) =>
      eb
        .selectFrom('sessions')
        .select(columns.map((name) => valueIn(name, row[name]).as(name)))
        .where('id', '=', row.session_id)
        .where('expires_at', '>', now),
    )
    .onConflict((conflict) => conflict.columns(['session_id', 'client_id']).doNothing()),
)

/** PostgreSQL takes a value in the place of a column for text. */
const valueIn = (name: keyof GrantRow, value: string | number | null) =>
  name === 'revision' || name === 'expires_at' ? sql`cast(${value} as bigint)` : sql`${value}`

const livingSession = written((db, { id, now }: { id: string; now: number }) =>
  db.selectFrom('sessions').select('id').where('id', '=', id).where('expires_at', '>', now),
)

export function createGrantStore(db: Db, clock: Clock): GrantStore {
  const make = async (grant: Grant & { readonly sessionId: string }): Promise<Grant | undefined> => {
    const now = clock()
    const { sessionId, clientId } = grant
    // In this order, and on SQLite together with whatever else is written at the same time.
    const [, { changed }, session] = await Promise.all([
      clear(db, { sessionId, clientId, now }),
      insert(db, { id: grant.id, ...toColumns(grant), revision: 1, now }),
      livingSession(db, { id: sessionId, now }),
    ])
    if (changed === 1) return grant
    if (session.rows.length === 0) throw sessionEnded(sessionId)
    return undefined
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
    const rows = await living(db, clock())
      .where('grants.session_id', 'in', sessionIds)
      .orderBy('grants.client_id')
      .execute()
    return rows.map(fromRow)
  }

  return {
    open: (grant) =>
      unlessViolated(
        'reference',
        // Nearly always it is the first of this client in this session.
        async () =>
          (await make(grant)) ??
          makeOrChange({
            async read() {
              const { sessionId, clientId } = grant
              return (await inPlace(db, { sessionId, clientId, now: clock() })).rows[0]
            },
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
      const [row] = (await get(db, { id, now: clock() })).rows
      return row && fromRow(row)
    },

    async keepAwake({ id, sessionId }, idleUntil) {
      if (sessionId === null) return (await get(db, { id, now: clock() })).rows.length > 0
      return (await keepAwake(db, { id, sessionId, idleUntil, now: clock() })).changed === 1
    },

    async ofSession(sessionId) {
      const { rows } = await ofSession(db, { sessionId, now: clock() })
      return rows.map(fromRow)
    },
    ofSessions,

    async remove(id) {
      await db.deleteFrom('grants').where('id', '=', id).execute()
    },

    async removeOfAccount(accountId, clientId) {
      const all = db.deleteFrom('grants').where('account_id', '=', accountId)
      await (clientId === undefined ? all : all.where('client_id', '=', clientId)).execute()
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
