import { type SelectQueryBuilder, sql } from 'kysely'
import type { Actor, AuditEvent, AuditFilter, AuditStore } from '../../../audit/audit.ts'
import { nextIn } from '../database.ts'
import { fromJson, toJson } from '../json.ts'
import { cursorOf, momentCursor, momentOf, pageOf, placeOf } from '../paging.ts'
import type { AuditRow } from '../rows/records.ts'
import type { Db, Schema } from '../schema.ts'

export function createAuditStore(db: Db): AuditStore {
  return {
    async record(event) {
      await db
        .insertInto('audit_events')
        .values({
          id: event.id,
          seq: nextIn(db, 'audit_events'),
          at: event.at,
          actor_kind: event.actor.kind,
          actor_id: event.actor.id,
          action: event.action,
          subject_type: event.subject.type,
          subject_id: event.subject.id,
          subject_name: event.subject.name,
          before: toJson(event.before ?? null),
          after: toJson(event.after ?? null),
        })
        .execute()
    },

    async get(id) {
      const row = await db.selectFrom('audit_events').selectAll().where('id', '=', id).executeTakeFirst()
      return row && fromRow(row)
    },

    async list({ limit, after, from, until, ...filter }) {
      const rows = await filtered(db.selectFrom('audit_events').selectAll(), filter)
        .$if(from !== undefined, (query) => query.where('at', '>=', from ?? 0))
        .$if(until !== undefined, (query) => query.where('at', '<', until ?? 0))
        .$if(after !== undefined, (query) => {
          const { at, seq } = momentOf(after ?? '')
          return query.where(sql<boolean>`(at, seq) < (${at}, ${seq})`)
        })
        .orderBy('at', 'desc')
        .orderBy('seq', 'desc')
        .limit(limit + 1)
        .execute()
      return pageOf(rows, limit, fromRow, ({ at, seq }) => momentCursor(at, seq))
    },

    // The plus signs keep the order of commits as the way to go: by any other index each page would sort all that follow.
    async following({ limit, after, from, until, ...filter }) {
      const rows = await filtered(db.selectFrom('audit_events').selectAll(), filter)
        .$if(from !== undefined, (query) => query.where(sql<boolean>`+at >= ${from}`))
        .$if(until !== undefined, (query) => query.where(sql<boolean>`+at < ${until}`))
        .$if(after !== undefined, (query) => query.where('seq', '>', placeOf(after ?? '')))
        .orderBy('seq')
        .limit(limit)
        .execute()
      return rows.map((row) => ({ ...fromRow(row), cursor: cursorOf(row) }))
    },

    async sweep(before) {
      let swept = 0
      for (let deleted = batch; deleted === batch; swept += deleted) {
        const old = db.selectFrom('audit_events').select('id').where('at', '<', before).limit(batch)
        const { numDeletedRows } = await db.deleteFrom('audit_events').where('id', 'in', old).executeTakeFirst()
        deleted = Number(numDeletedRows)
      }
      return swept
    },
  }
}

/** So many rows are deleted at once, and no more: others wait meanwhile. */
const batch = 500

type Query = SelectQueryBuilder<Schema, 'audit_events', AuditRow>

function filtered(query: Query, { actor, action, subjectType, subjectId }: AuditFilter): Query {
  const columns = { actor_id: actor, action, subject_type: subjectType, subject_id: subjectId }
  let narrowed = query
  for (const [column, value] of Object.entries(columns))
    if (value !== undefined) narrowed = narrowed.where(column as keyof typeof columns, '=', value)
  return narrowed
}

const fromRow = (row: AuditRow): AuditEvent => ({
  id: row.id,
  at: row.at,
  actor: { kind: row.actor_kind as Actor['kind'], id: row.actor_id },
  action: row.action,
  subject: { type: row.subject_type, id: row.subject_id, name: row.subject_name },
  before: fromJson(row.before),
  after: fromJson(row.after),
})
