import type { Kysely } from 'kysely'

/** Sign-ins and changes of the registry are looked for in many ways, the newest first, and there are many of them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.dropIndex('traces_started_at').execute()
  for (const column of ['', 'client_id', 'account_id', 'source_id', 'outcome', 'reason']) {
    const columns = [...(column ? [column] : []), 'started_at', 'seq']
    let index = db.schema
      .createIndex(`traces_by_${column || 'time'}`)
      .on('traces')
      .columns(columns)
    // Most sign-ins have none.
    if (column === 'reason') index = index.where('reason', 'is not', null)
    await index.execute()
  }

  const ways = {
    time: ['at', 'seq'],
    actor: ['actor_id', 'at', 'seq'],
    subject: ['subject_id', 'at', 'seq'],
    subject_type: ['subject_type', 'at', 'seq'],
    action: ['action', 'at', 'seq'],
  }
  for (const [name, columns] of Object.entries(ways))
    await db.schema.createIndex(`audit_events_by_${name}`).on('audit_events').columns(columns).execute()
}
