import { type ExpressionBuilder, sql } from 'kysely'
import type { ReasonCode } from '../../../reasons.ts'
import type { counted, Span, Statistics } from '../../../traces/statistics.ts'
import type { Db, Schema } from '../schema.ts'

const most = 50
const day = 86_400_000

const tables = {
  authentication_sources: 'sources',
  clients: 'clients',
  applications: 'applications',
  api_keys: 'api_keys',
  apis: 'apis',
  portals: 'portals',
  users: 'accounts',
  roles: 'roles',
} as const satisfies Record<(typeof counted)[number], keyof Schema>

const outcomes = { signedIn: 'signed_in', refused: 'refused', couldNotTell: 'could_not_tell', open: 'open' } as const

const refusedCall = 'call_refused'

export function createStatistics(db: Db): Statistics {
  /** The index traces_counted has every column that is asked for. */
  const between = (from: number, until: number) =>
    db
      .selectFrom('traces')
      .where('started_at', '>=', from)
      .where('started_at', '<', until)
      .where('outcome', 'in', Object.values(outcomes))

  const counts = ({ ref }: ExpressionBuilder<Schema, 'traces'>) =>
    Object.entries(outcomes).map(([name, outcome]) =>
      sql<number>`sum(case when ${ref('outcome')} = ${outcome} then 1 else 0 end)`.as(name as keyof typeof outcomes),
    )

  /** The same index; calls beside sign-ins. */
  const spans = (from: number, until: number, length: number) => {
    const span = sql`started_at / ${sql.lit(length)}`
    return db
      .selectFrom('traces')
      .where('started_at', '>=', from)
      .where('started_at', '<', until)
      .where('outcome', 'in', [...Object.values(outcomes), refusedCall])
      .select((on) => [
        sql<number>`${span}`.as('number'),
        sql<number>`sum(case when ${on.ref('outcome')} = ${refusedCall} then 1 else 0 end)`.as('callsRefused'),
        ...counts(on),
      ])
      .groupBy(span)
      .orderBy('number')
  }

  return {
    async over({ from, until, length }, sources) {
      const placed = <T extends { readonly number: number }>({ number, ...rest }: T) => ({
        ...rest,
        at: number * length,
      })
      const [all, rows] = await Promise.all([
        spans(from, until, length).execute(),
        sources.length === 0
          ? []
          : spans(from, until, length)
              .where('source_id', 'in', sources)
              .select('source_id as sourceId')
              .groupBy('source_id')
              .execute(),
      ])
      const bySource = new Map<string, Span[]>()
      for (const { sourceId, ...row } of rows)
        if (sourceId !== null) bySource.set(sourceId, [...(bySource.get(sourceId) ?? []), placed(row)])
      return { all: all.map(placed), bySource }
    },

    async registry() {
      const rows = Object.entries(tables).map(([name, table]) =>
        db
          .selectFrom(table)
          .select([sql<string>`${sql.lit(name)}`.as('name'), sql<number>`count(*)`.as('count')])
          .executeTakeFirstOrThrow(),
      )
      const figures = (await Promise.all(rows)).map(({ name, count }) => [name, count])
      return Object.fromEntries(figures) as Awaited<ReturnType<Statistics['registry']>>
    },

    async signIns(from, until) {
      const places = between(from, until)
      const [byDay, bySource, byClient, byReason] = await Promise.all([
        places
          .select((on) => [sql<number>`started_at / ${sql.lit(day)}`.as('number'), ...counts(on)])
          .groupBy(sql`started_at / ${sql.lit(day)}`)
          .orderBy('number')
          .execute(),
        places
          .select((on) => ['source_id as sourceId', ...counts(on)])
          .groupBy('source_id')
          .orderBy(sql`count(*)`, 'desc')
          .orderBy('source_id')
          .limit(most)
          .execute(),
        places
          .select((on) => ['client_id as clientId', ...counts(on)])
          .groupBy('client_id')
          .orderBy(sql`count(*)`, 'desc')
          .orderBy('client_id')
          .limit(most)
          .execute(),
        places
          .select(['reason', sql<number>`count(*)`.as('count')])
          .where('reason', 'is not', null)
          .groupBy('reason')
          .orderBy('count', 'desc')
          .orderBy('reason')
          .limit(most)
          .execute(),
      ])
      return {
        byDay: byDay.map(({ number, ...outcomes }) => ({ day: number * day, ...outcomes })),
        bySource,
        byClient,
        byReason: byReason as readonly { reason: ReasonCode; count: number }[],
      }
    },
  }
}
