import type { Kysely } from 'kysely'

/** A name by which files of configuration speak of an application; those that were made without have none. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('applications').addColumn('slug', 'text').execute()
  await db.schema.createIndex('applications_slug').unique().on('applications').column('slug').execute()
}
