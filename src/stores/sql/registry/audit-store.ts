import type { Actor, AuditEvent, AuditStore } from '../../../audit/audit.ts'
import { nextIn } from '../database.ts'
import { fromJson, toJson } from '../json.ts'
import { pageOf, placeOf } from '../paging.ts'
import type { AuditRow, Db } from '../schema.ts'

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

    async list({ limit, after }) {
      const rows = await db
        .selectFrom('audit_events')
        .selectAll()
        .$if(after !== undefined, (query) => query.where('seq', '<', placeOf(after ?? '')))
        .orderBy('seq', 'desc')
        .limit(limit + 1)
        .execute()
      return pageOf(rows, limit, fromRow)
    },
  }
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
