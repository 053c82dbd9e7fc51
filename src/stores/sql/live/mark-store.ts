import { type CompiledQuery, sql } from 'kysely'
import type { Clock } from '../../../clock.ts'
import type { LivenessQuestion, MarkStore } from '../../../tokens/liveness.ts'
import type { Db, MarkRow } from '../schema.ts'

/** `forgottenAt`: seconds; what was issued at or before then is dead. */
export function createMarkStore(db: Db, clock: Clock, forgottenAt: number | null): MarkStore {
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

  return {
    async liveness(question) {
      const { rows } = await db.executeQuery(statementFor(question, clock()))
      const [row] = rows
      if (!row) throw new Error('A select without a table has one row')
      return {
        granted: row.granted === 1,
        revoked: row.revoked === 1,
        accountBlockedAt: row.account,
        clientBlockedAt: row.client,
        sourceBlockedAt: row.source,
        forgottenAt,
      }
    },

    async blockedAt(kind, name) {
      const mark = await db
        .selectFrom('marks')
        .select('not_before')
        .where('kind', '=', kind)
        .where('name', '=', name)
        .where('expires_at', '>', clock())
        .executeTakeFirst()
      return mark?.not_before ?? null
    },

    revokeToken: (jti, until) => put({ kind: 'token', name: jti, not_before: 0, expires_at: until }),

    block: (kind, name, at, until) => put({ kind, name, not_before: at, expires_at: until }),
  }
}

interface Answer {
  readonly granted: number
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
  const granted =
    grantId === undefined
      ? sql`1`
      : sql`(select count(*) from grants left join sessions on sessions.id = grants.session_id
          where grants.id = ${grantId} and grants.expires_at > ${now}
            and (grants.session_id is null or sessions.expires_at > ${now}))`
  return sql<Answer>`
    select ${granted} as granted,
      (select count(*) from marks where kind = 'token' and name = ${jti} and expires_at > ${now}) as revoked,
      ${blockedAt('account', accountId)} as account,
      ${blockedAt('client', clientId)} as client,
      ${blockedAt('source', sourceAlias)} as source`
}

/** In the order of {@link statement}. */
function parametersOf({ jti, grantId, accountId, clientId, sourceAlias }: LivenessQuestion, now: number) {
  const blockedAt = (kind: string, name: string | undefined) => (name === undefined ? [] : [kind, name, now])
  return [
    ...(grantId === undefined ? [] : [grantId, now, now]),
    ...[jti, now],
    ...blockedAt('account', accountId),
    ...blockedAt('client', clientId),
    ...blockedAt('source', sourceAlias),
  ]
}
