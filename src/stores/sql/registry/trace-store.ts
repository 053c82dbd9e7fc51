import { type SelectQueryBuilder, sql } from 'kysely'
import type { Clock } from '../../../clock.ts'
import type { ReasonCode } from '../../../reasons.ts'
import type { Trace, TraceFilter, TraceStore } from '../../../traces/trace.ts'
import { isPostgres, makeOrChange, nextIn } from '../database.ts'
import { fromJson, toJson } from '../json.ts'
import { momentCursor, momentOf, pageOf } from '../paging.ts'
import type { TraceRow } from '../rows/records.ts'
import type { Db, Schema } from '../schema.ts'
import { type Columns, written } from '../written.ts'

const find = written((db, { reference }: { reference: string }) =>
  db.selectFrom('traces').selectAll().where('reference', '=', reference),
)

const add = written((db, row: Columns<Omit<TraceRow, 'seq'>>) =>
  db
    .insertInto('traces')
    .values({ ...row, seq: nextIn(db, 'traces') })
    .onConflict((conflict) => conflict.column('reference').doNothing()),
)

const replace = written((db, { before, reference, ...row }: Columns<Omit<TraceRow, 'seq'>> & { before: number }) =>
  db.updateTable('traces').set(row).where('reference', '=', reference).where('revision', '=', before),
)

interface Revision {
  readonly trace: Trace
  readonly revision: number
}

type Change = Parameters<TraceStore['append']>[1]

/** Anybody may begin a sign-in and go round in it; what that leaves behind must end somewhere. */
const maxSteps = 200

/** How many of those that are under way here are known without being read, and with how many steps at most. */
const known = { traces: 500, steps: 10 }

export function createTraceStore(db: Db, clock: Clock): TraceStore {
  const rowOf = async (reference: string) => (await find(db, { reference })).rows[0]

  /** As this node wrote them; whether another node has been at one since, its revision says. */
  const underway = new Map<string, Revision>()

  function keep(trace: Trace, revision: number): true {
    underway.delete(trace.reference)
    if (trace.endedAt === null && trace.steps.length <= known.steps) underway.set(trace.reference, { trace, revision })
    const [oldest] = underway.keys()
    if (underway.size > known.traces && oldest !== undefined) underway.delete(oldest)
    return true
  }

  async function insert(reference: string, change: Change): Promise<true | undefined> {
    const trace: Trace = {
      startedAt: change.steps[0]?.at ?? clock(),
      endedAt: null,
      clientId: null,
      sourceId: null,
      accountId: null,
      apiId: null,
      outcome: 'open',
      reason: null,
      ...learnt(change),
      reference,
    }
    const { changed } = await add(db, { reference, revision: 1, ...toColumns(trace) })
    return changed === 1 ? keep(trace, 1) : undefined
  }

  async function update({ trace: before, revision }: Revision, change: Change): Promise<true | undefined> {
    const trace = { ...before, ...learnt(change), steps: [...before.steps, ...change.steps].slice(-maxSteps) }
    const row = { reference: trace.reference, before: revision, revision: revision + 1, ...toColumns(trace) }
    const { changed } = await replace(db, row)
    return changed === 1 ? keep(trace, revision + 1) : undefined
  }

  return {
    async get(reference) {
      const row = await rowOf(reference)
      return row && fromRow(row)
    },

    async append(reference, change) {
      const written = underway.get(reference)
      if (written ? await update(written, change) : await insert(reference, change)) return
      await makeOrChange({
        async read() {
          const row = await rowOf(reference)
          return row && { trace: fromRow(row), revision: row.revision }
        },
        make: () => insert(reference, change),
        change: (found) => update(found, change),
      })
    },

    async addAll(all) {
      if (all.length === 0) return
      const next = nextIn(db, 'traces')
      // SQLite finds out once for the whole statement where the next place is.
      const place = (index: number) => (isPostgres(db) ? next : sql<number>`${next} + ${index}`)
      const rows = all.map((trace, index) => ({
        ...{ reference: trace.reference, seq: place(index), revision: 1 },
        ...toColumns(trace),
      }))
      await db
        .insertInto('traces')
        .values(rows)
        .onConflict((conflict) => conflict.column('reference').doNothing())
        .execute()
    },

    async list({ limit, after, ...filter }) {
      const rows = await filtered(db.selectFrom('traces').selectAll(), filter)
        .$if(after !== undefined, (query) => {
          const { at, seq } = momentOf(after ?? '')
          return query.where(sql<boolean>`(started_at, seq) < (${at}, ${seq})`)
        })
        .orderBy('started_at', 'desc')
        .orderBy('seq', 'desc')
        .limit(limit + 1)
        .execute()
      return pageOf(rows, limit, fromRow, ({ started_at, seq }) => momentCursor(started_at, seq))
    },

    // A few at a time, so that no sign-in waits long behind it.
    async sweep(before) {
      let swept = 0
      for (let deleted = batch; deleted === batch; swept += deleted) {
        const old = db.selectFrom('traces').select('reference').where('started_at', '<', before).limit(batch)
        const { numDeletedRows } = await db.deleteFrom('traces').where('reference', 'in', old).executeTakeFirst()
        deleted = Number(numDeletedRows)
      }
      return swept
    },

    async erase(accountId) {
      underway.clear()
      const { numDeletedRows } = await db.deleteFrom('traces').where('account_id', '=', accountId).executeTakeFirst()
      return Number(numDeletedRows)
    },
  }
}

const batch = 500

type Query = SelectQueryBuilder<Schema, 'traces', TraceRow>

function filtered(query: Query, { from, until, ...same }: TraceFilter): Query {
  const columns = {
    reference: same.reference,
    client_id: same.clientId,
    account_id: same.accountId,
    source_id: same.sourceId,
    api_id: same.apiId,
    outcome: same.outcome,
    reason: same.reason,
  }
  let narrowed = query
  for (const [column, value] of Object.entries(columns))
    if (value !== undefined) narrowed = narrowed.where(column as keyof typeof columns, '=', value)
  if (from !== undefined) narrowed = narrowed.where('started_at', '>=', from)
  if (until !== undefined) narrowed = narrowed.where('started_at', '<', until)
  return narrowed
}

/** What is given as `undefined` has not become known. */
const learnt = (change: Change): Change => ({
  ...Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)),
  steps: change.steps,
})

const toColumns = (trace: Trace) => ({
  started_at: trace.startedAt,
  ended_at: trace.endedAt,
  client_id: trace.clientId,
  source_id: trace.sourceId,
  account_id: trace.accountId,
  api_id: trace.apiId,
  outcome: trace.outcome,
  reason: trace.reason,
  steps: toJson(trace.steps),
})

const fromRow = (row: TraceRow): Trace => ({
  reference: row.reference,
  startedAt: row.started_at,
  endedAt: row.ended_at,
  clientId: row.client_id,
  sourceId: row.source_id,
  accountId: row.account_id,
  apiId: row.api_id,
  outcome: row.outcome as Trace['outcome'],
  reason: row.reason as ReasonCode | null,
  steps: fromJson(row.steps),
})
