import { type Kysely, sql } from 'kysely'
import { isPostgres } from '../database.ts'

/**
 * People are found by their own name and by what each of their identities calls them. The database keeps all of that in
 * one column beside the account, whenever any of it is written, and an index of its pieces like those of other names.
 * Identities that go leave their names there until the account is next written: a source may take very many along.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('accounts').addColumn('names', 'text').execute()
  for (const statement of isPostgres(db) ? onPostgres : onSqlite) await sql.raw(statement).execute(db)
}

/** @param newline as the database writes it, and how it joins texts with it. */
const allNames = (account: string, newline: string, join: string) =>
  `${account}.search ||
    coalesce(${newline} || (select ${join}(search, ${newline}) from identities where account_id = ${account}.id), '')`
const onePostgres = (account: string) => allNames(account, 'chr(10)', 'string_agg')
const oneSqlite = (account: string) => allNames(account, 'char(10)', 'group_concat')

/** A row is locked before its trigger looks at identities: of two that change at once the later one sees the other's. */
const onPostgres = [
  `update accounts set names = ${onePostgres('accounts')}`,
  'create index accounts_pieces on accounts using gin (gatehouse_pieces(names))',
  `create function gatehouse_account_names() returns trigger language plpgsql as $$ begin
    new.names := ${onePostgres('new')};
    return new;
  end $$`,
  `create trigger accounts_named before insert or update of search on accounts
    for each row execute function gatehouse_account_names()`,
  `create function gatehouse_identity_names() returns trigger language plpgsql as $$ begin
    update accounts set search = search where id = new.account_id;
    return null;
  end $$`,
  `create trigger identities_added after insert on identities
    for each row execute function gatehouse_identity_names()`,
  `create trigger identities_renamed after update on identities
    for each row when (old.search <> new.search) execute function gatehouse_identity_names()`,
]

const named = (account: string) => `update accounts set names = ${oneSqlite('accounts')} where id = ${account};`

const onSqlite = [
  `update accounts set names = ${oneSqlite('accounts')}`,
  `create virtual table accounts_pieces
    using fts5(names, content='accounts', content_rowid='seq', tokenize='trigram', detail=none)`,
  `insert into accounts_pieces (accounts_pieces) values ('rebuild')`,
  `create trigger accounts_added after insert on accounts begin ${named('new.id')} end`,
  `create trigger accounts_removed after delete on accounts begin
    insert into accounts_pieces (accounts_pieces, rowid, names) values ('delete', old.seq, old.names); end`,
  `create trigger accounts_renamed after update of search on accounts begin ${named('new.id')} end`,
  `create trigger accounts_named after update of names on accounts when old.names is null begin
    insert into accounts_pieces (rowid, names) values (new.seq, new.names); end`,
  `create trigger accounts_named_anew after update of names on accounts when old.names <> new.names begin
    insert into accounts_pieces (accounts_pieces, rowid, names) values ('delete', old.seq, old.names);
    insert into accounts_pieces (rowid, names) values (new.seq, new.names); end`,
  `create trigger identities_added after insert on identities begin ${named('new.account_id')} end`,
  `create trigger identities_renamed after update of search on identities when old.search <> new.search
    begin ${named('new.account_id')} end`,
]
