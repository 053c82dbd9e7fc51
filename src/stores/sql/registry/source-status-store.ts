import { sql } from 'kysely'
import type { ReasonCode } from '../../../reasons.ts'
import type { SourceStatus, SourceStatusStore } from '../../../sources/status.ts'
import type { SourceStatusRow } from '../rows/records.ts'
import type { Db } from '../schema.ts'

/** When sign-ins through each source last worked, and last did not, in SQL. */
export const createSourceStatusStore = (db: Db): SourceStatusStore => ({
  async of(ids) {
    if (ids.length === 0) return new Map()
    const rows = await db.selectFrom('source_status').selectAll().where('source_id', 'in', ids).execute()
    return new Map(rows.map((row) => [row.source_id, fromRow(row)]))
  },

  async record(sourceId, { lastSuccess = null, lastFailure = null }) {
    const later = (column: string) => sql`
      case when excluded.${sql.ref(column)} > coalesce(source_status.${sql.ref(column)}, 0)
        then excluded.${sql.ref(column)} else source_status.${sql.ref(column)} end`
    await sql`
      insert into source_status (source_id, last_success_at, last_failure_at, failure_reason)
      select id, cast(${lastSuccess} as bigint), cast(${lastFailure?.at ?? null} as bigint),
        cast(${lastFailure?.reason ?? null} as text)
      from sources where id = ${sourceId}
      on conflict (source_id) do update set
        failure_reason = case when excluded.last_failure_at > coalesce(source_status.last_failure_at, 0)
          then excluded.failure_reason else source_status.failure_reason end,
        last_success_at = ${later('last_success_at')},
        last_failure_at = ${later('last_failure_at')}`.execute(db)
  },
})

const fromRow = (row: SourceStatusRow): SourceStatus => ({
  lastSuccess: row.last_success_at,
  lastFailure:
    row.last_failure_at === null || row.failure_reason === null
      ? null
      : { at: row.last_failure_at, reason: row.failure_reason as ReasonCode },
})
