import { type CompiledQuery, sql } from 'kysely'
import type { Clock } from '../../../clock.ts'
import { after, type Soon } from '../../../soon.ts'
import type { LivenessQuestion, MarkStore } from '../../../tokens/liveness.ts'
import type { Quick } from '../engine.ts'
import type { MarkRow } from '../rows/live.ts'
import type { Db } from '../schema.ts'
import { written } from '../written.ts'

const blockedAt = written((db, { kind, name, now }: { kind: MarkRow['kind']; name: string; now: number }) =>
  db
    .selectFrom('marks')
    .select('not_before')
    .where('kind', '=', kind)
    .where('name', '=', name)
    .where('expires_at', '>', now),
)

/** Milliseconds. A mark whose time is over may count for so much longer; what allows something ends to the millisecond. */
const keptFor = 1000

/** `forgottenAt`: seconds; what was issued at or before then is dead. `quick`: of a database that is in this process. */
export function createMarkStore(db: Db, clock: Clock, forgottenAt: number | null, quick?: Quick): MarkStore {
  /** Two marks on one thing become one: the later not-before, for the longer time. */
  const put = async (mark: MarkRow): Promise<void> => {
    await sql`
      insert into marks (kind, name, not_before, expires_at)
      values (${mark.kind}, ${mark.name}, ${mark.not_before}, ${mark.expires_at})
      on conflict (kind, name) do update set
        not_before = case when excluded.not_before > marks.not_before then excluded.not_before else marks.not_before end,
        expires_at = case when excluded.expires_at > marks.expires_at then excluded.expires_at else marks.expires_at end
      `.execute(db)
  }

  // Of which there are a few: writing one down costs more than asking it.
  const statements = new Map<string, CompiledQuery<Answer>>()

  function statementFor(question: LivenessQuestion, now: number): CompiledQuery<Answer> {
    const { grantId, accountId, sourceAlias } = question
    const shape = [grantId, accountId, sourceAlias].map((name) => name !== undefined).join()
    const known = statements.get(shape)
    if (known) return { ...known, parameters: parametersOf(question, now) }
    const written = statement(question, now).compile(db)
    statements.set(shape, written)
    return written
  }

  const answered = new WeakMap<
    LivenessQuestion,
    { readonly row: Answer; readonly at: number; readonly count: number }
  >()

  function ask(question: LivenessQuestion, now: number, count: number | undefined): Soon<Answer> {
    const statement = statementFor(question, now)
    const read = () => db.executeQuery(statement).then(({ rows }) => rows[0])
    return after((quick?.row(statement) as Answer | undefined) ?? read(), (row) => {
      if (!row) throw new Error('A select without a table has one row')
      // What was changed meanwhile may be in it or not.
      if (count !== undefined && question.comesAgain) answered.set(question, { row, at: now, count })
      return row
    })
  }

  return {
    liveness(question) {
      const now = clock()
      const count = question.comesAgain && quick?.count()
      const known = answered.get(question)
      const isSame =
        known !== undefined &&
        count !== undefined &&
        known.count === count &&
        now >= known.at &&
        now < known.at + keptFor
      return after(isSame ? known.row : ask(question, now, count), (row) => ({
        granted: question.grantId === undefined || (row.granted_until !== null && row.granted_until > now),
        revoked: row.revoked === 1,
        accountBlockedAt: row.account,
        clientBlockedAt: row.client,
        sourceBlockedAt: row.source,
        forgottenAt,
      }))
    },

    async blockedAt(kind, name) {
      const [mark] = (await blockedAt(db, { kind, name, now: clock() })).rows
      return mark?.not_before ?? null
    },

    revokeToken: (jti, until) => put({ kind: 'token', name: jti, not_before: 0, expires_at: until }),

    block: (kind, name, at, until) => put({ kind, name, not_before: at, expires_at: until }),
  }
}

interface Answer {
  /** Milliseconds; `null`: there is no grant, or its session is gone. */
  readonly granted_until: number | null
  readonly revoked: number
  readonly account: number | null
  readonly client: number | null
  readonly source: number | null
}

function statement({ jti, grantId, accountId, clientId, sourceAlias }: LivenessQuestion, now: number) {
  const blockedAt = (kind: string, name: string | undefined) =>
    name === undefined
      ? sql`null`
      : sql`(select not_before from marks where kind = ${kind} and name = ${name} and expires_at > ${now})`
  const grantedUntil =
    grantId === undefined
      ? sql`null`
      : sql`(select case when grants.session_id is null or sessions.expires_at > grants.expires_at
            then grants.expires_at else sessions.expires_at end
          from grants left join sessions on sessions.id = grants.session_id where grants.id = ${grantId})`
  return sql<Answer>`
    select ${grantedUntil} as granted_until,
      (select count(*) from marks where kind = 'token' and name = ${jti} and expires_at > ${now}) as revoked,
      ${blockedAt('account', accountId)} as account,
      ${blockedAt('client', clientId)} as client,
      ${blockedAt('source', sourceAlias)} as source`
}

/** In the order of {@link statement}. */
function parametersOf({ jti, grantId, accountId, clientId, sourceAlias }: LivenessQuestion, now: number) {
  const blockedAt = (kind: string, name: string | undefined) => (name === undefined ? [] : [kind, name, now])
  return [
    ...(grantId === undefined ? [] : [grantId]),
    ...[jti, now],
    ...blockedAt('account', accountId),
    ...blockedAt('client', clientId),
    ...blockedAt('source', sourceAlias),
  ]
}
