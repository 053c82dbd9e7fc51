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

type Change = Parameters<TraceStore['append']>[1]

/** Anybody may begin a sign-in and go round in it; what that leaves behind must end somewhere. */
const maxSteps = 200

export function createTraceStore(db: Db, clock: Clock): TraceStore {
  const rowOf = async (reference: string) => (await find(db, { reference })).rows[0]

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
      ...known(change),
      reference,
    }
    const { changed } = await add(db, { reference, revision: 1, ...toColumns(trace) })
    return changed === 1 || undefined
  }

  async function update(row: TraceRow, change: Change): Promise<true | undefined> {
    const before = fromRow(row)
    const { changed } = await replace(db, {
      reference: row.reference,
      before: row.revision,
      revision: row.revision + 1,
      ...toColumns({ ...before, ...known(change), steps: [...before.steps, ...change.steps].slice(-maxSteps) }),
    })
    return changed === 1 || undefined
  }

  return {
    async get(reference) {
      const row = await rowOf(reference)
      return row && fromRow(row)
    },

    async append(reference, change) {
      await makeOrChange({
        read: () => rowOf(reference),
        make: () => insert(reference, change),
        change: (row) => update(row, change),
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
const known = (change: Change): Change => ({
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
