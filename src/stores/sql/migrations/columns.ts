import type { ColumnDefinitionBuilder, CreateTableBuilder, Kysely } from 'kysely'

/** A table of entities, with the columns that every one of them has, kept in the order of creation. */
export async function entityTable<Columns extends string>(
  db: Kysely<unknown>,
  name: string,
  columns: (table: CreateTableBuilder<string, string>) => CreateTableBuilder<string, Columns>,
): Promise<void> {
  const table: CreateTableBuilder<string, string> = db.schema
    .createTable(name)
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('version', 'integer', (column) => column.notNull())
    .addColumn('seq', 'bigint', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .addColumn('search', 'text', (column) => column.notNull())
  await columns(table).execute()
  await db.schema.createIndex(`${name}_seq`).on(name).columns(['seq', 'id']).execute()
}

/** `cascade`: goes with what it refers to. Otherwise what it refers to cannot go. */
export const reference = (target: string, onDelete?: 'cascade') => (column: ColumnDefinitionBuilder) =>
  onDelete ? column.notNull().references(target).onDelete(onDelete) : column.notNull().references(target)
