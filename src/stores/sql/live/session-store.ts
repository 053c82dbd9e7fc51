import type { Clock } from '../../../clock.ts'
import { Refusal } from '../../../errors.ts'
import type { UpstreamSession } from '../../../identity.ts'
import { invalidInput } from '../../../input.ts'
import { packDevice, unpackDevice } from '../../../sessions/device.ts'
import type { BrokerSession, SessionStore } from '../../../sessions/session.ts'
import { openIfKept, type Vault } from '../../../vault.ts'
import { fromJson, toJson } from '../json.ts'
import type { SessionRow } from '../rows/live.ts'
import type { Db } from '../schema.ts'
import { type Columns, written } from '../written.ts'

/** Of the same account, it is renewed. */
const save = written((db, { id, account_id, ...renewed }: Columns<SessionRow>) =>
  db
    .insertInto('sessions')
    .values({ id, account_id, ...renewed })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(renewed).where('sessions.account_id', '=', account_id)),
)

/** Only while it is alive. */
const renew = written((db, { id, account_id, now, ...renewed }: Columns<SessionRow> & { now: number }) =>
  db
    .updateTable('sessions')
    .set(renewed)
    .where('id', '=', id)
    .where('account_id', '=', account_id)
    .where('expires_at', '>', now),
)

const get = written((db, { id, now }: { id: string; now: number }) =>
  db.selectFrom('sessions').selectAll().where('id', '=', id).where('expires_at', '>', now),
)

const touch = written((db, { id, idleUntil, now }: { id: string; idleUntil: number; now: number }) =>
  db
    .updateTable('sessions')
    .set(({ eb, ref, val }) => ({
      expires_at: eb.case().when('ends_at', '<', idleUntil).then(ref('ends_at')).else(val(idleUntil)).end(),
    }))
    .where('id', '=', id)
    .where('expires_at', '>', now),
)

export function createSessionStore(db: Db, vault: Vault, clock: Clock): SessionStore {
  const living = () => db.selectFrom('sessions').selectAll().where('expires_at', '>', clock())

  const sealed = (id: string, { idToken, ...upstream }: UpstreamSession): UpstreamSession =>
    idToken === undefined ? upstream : { ...upstream, idToken: vault.seal(idToken, tokenContext(id)) }

  const opened = (id: string, { idToken: sealed, ...upstream }: UpstreamSession): UpstreamSession => {
    const idToken = sealed === undefined ? undefined : openIfKept(vault, sealed, tokenContext(id))
    return idToken === undefined ? upstream : { ...upstream, idToken }
  }

  const fromRow = (row: SessionRow): BrokerSession => ({
    id: row.id,
    accountId: row.account_id,
    sourceId: row.source_id,
    subject: row.subject,
    upstream: row.upstream === null ? null : opened(row.id, fromJson(row.upstream)),
    ...(row.device !== null && { device: unpackDevice(row.device) }),
    startedAt: row.started_at,
    idleUntil: row.expires_at,
    expiresAt: row.ends_at,
  })

  const toColumns = (session: BrokerSession): Columns<SessionRow> => ({
    id: session.id,
    account_id: session.accountId,
    source_id: session.sourceId,
    subject: session.subject,
    upstream: session.upstream && toJson(sealed(session.id, session.upstream)),
    upstream_sid: session.upstream?.sid ?? null,
    device: session.device ? packDevice(session.device) : null,
    started_at: session.startedAt,
    ends_at: session.expiresAt,
    expires_at: Math.min(session.idleUntil, session.expiresAt),
  })

  return {
    async save(session) {
      const { changed } = await save(db, toColumns(session))
      if (changed !== 1) throw new Refusal('conflict', `The session ${session.id} is another account's`)
    },

    async renew(session) {
      const { changed } = await renew(db, { ...toColumns(session), now: clock() })
      return changed === 1
    },

    async get(id) {
      const [row] = (await get(db, { id, now: clock() })).rows
      return row && fromRow(row)
    },

    async touch(id, idleUntil) {
      await touch(db, { id, idleUntil, now: clock() })
    },

    async list({ limit, after, accountId, sourceId }) {
      const place = after === undefined ? undefined : placeOf(after)
      const rows = await living()
        .$if(accountId !== undefined, (query) => query.where('account_id', '=', accountId ?? ''))
        .$if(sourceId !== undefined, (query) => query.where('source_id', '=', sourceId ?? ''))
        .$if(place !== undefined, (query) =>
          query.where(({ or, and, eb }) =>
            or([
              eb('started_at', '<', place?.startedAt ?? 0),
              and([eb('started_at', '=', place?.startedAt ?? 0), eb('id', '>', place?.id ?? '')]),
            ]),
          ),
        )
        .orderBy('started_at', 'desc')
        .orderBy('id')
        .limit(limit + 1)
        .execute()
      const shown = rows.slice(0, limit)
      const last = shown.at(-1)
      return { items: shown.map(fromRow), next: last && rows.length > limit ? cursorAt(last) : null }
    },

    async ofAccount(accountId) {
      const rows = await living().where('account_id', '=', accountId).orderBy('started_at').orderBy('id').execute()
      return rows.map(fromRow)
    },

    async end(id) {
      // Its grants go with it, by their foreign key, in the same statement.
      const row = await db.deleteFrom('sessions').where('id', '=', id).returningAll().executeTakeFirst()
      return row && row.expires_at > clock() ? fromRow(row) : undefined
    },

    async endOfAccount(accountId) {
      await db.deleteFrom('sessions').where('account_id', '=', accountId).execute()
    },

    async endOfSource(sourceId) {
      await db.deleteFrom('sessions').where('source_id', '=', sourceId).execute()
    },

    async ofUpstream(sourceId, { sid, subject }) {
      if (sid === undefined && subject === undefined) return []
      const rows = await living()
        .where('source_id', '=', sourceId)
        .where('upstream', 'is not', null)
        .$if(sid !== undefined, (query) => query.where('upstream_sid', '=', sid ?? null))
        .$if(subject !== undefined, (query) => query.where('subject', '=', subject ?? ''))
        .orderBy('started_at')
        .orderBy('id')
        .execute()
      return rows.map(fromRow)
    },
  }
}

const cursorAt = ({ started_at, id }: SessionRow): string => Buffer.from(`${started_at}:${id}`).toString('base64url')

/** Where the page before ended. Rejects with `invalid_input` what was never given out. */
function placeOf(cursor: string): { readonly startedAt: number; readonly id: string } {
  const [, startedAt, id] = /^(\d{1,15}):(.+)$/.exec(Buffer.from(cursor, 'base64url').toString('utf8')) ?? []
  if (startedAt === undefined || id === undefined) {
    throw invalidInput([{ path: 'after', message: 'must be the next of a page' }])
  }
  return { startedAt: Number(startedAt), id }
}

const tokenContext = (id: string): string => `sessions/${id}/upstream.idToken`
