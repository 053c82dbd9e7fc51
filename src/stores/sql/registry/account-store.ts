import { sql } from 'kysely'
import type { Account, AccountStore, LinkedIdentity } from '../../../accounts/account.ts'
import { Refusal } from '../../../errors.ts'
import { createCollection } from '../collection.ts'
import { fromJson, toFlag, toJson } from '../json.ts'
import { searchText } from '../paging.ts'
import { requireRoles, roleColumns } from '../references.ts'
import type { AccountRow, IdentityRow } from '../rows/people.ts'
import type { Db } from '../schema.ts'
import { unlessViolated } from '../violation.ts'
import { type Columns, written } from '../written.ts'

const get = written((db, { id }: { id: string }) => db.selectFrom('accounts').selectAll().where('id', '=', id))

const identitiesOf = written((db, { accountId }: { accountId: string }) =>
  db
    .selectFrom('identities')
    .selectAll()
    .where('account_id', '=', accountId)
    .orderBy('linked_at')
    .orderBy('source_id')
    .orderBy('subject'),
)

const identity = written((db, { sourceId, subject }: { sourceId: string; subject: string }) =>
  db.selectFrom('identities').selectAll().where('source_id', '=', sourceId).where('subject', '=', subject),
)

const seen = written((db, { source_id, subject, ...said }: Columns<Omit<IdentityRow, 'account_id' | 'linked_at'>>) =>
  db.updateTable('identities').set(said).where('source_id', '=', source_id).where('subject', '=', subject),
)

export function createAccountStore(db: Db): AccountStore {
  const ofSeveral = async (accountIds: readonly string[]) => {
    if (accountIds.length === 0) return []
    const rows = await db
      .selectFrom('identities')
      .selectAll()
      .where('account_id', 'in', accountIds)
      .orderBy('linked_at')
      .orderBy('source_id')
      .orderBy('subject')
      .execute()
    return rows.map(identityFrom)
  }

  const collection = createCollection<Account, 'accounts'>({
    db,
    table: 'accounts',
    noun: 'account',
    announced: false,
    fromRow,
    toColumns: ({ enabled, roles, displayName }) => ({
      search: searchText(displayName),
      enabled: toFlag(enabled),
      display_name: displayName,
      roles: toJson(roles),
    }),
    alsoFound: (pattern) => sql`exists (
      select 1 from identities where account_id = accounts.id and identities.search like ${pattern} escape '\\')`,
    async link(transaction, { id, roles }) {
      await transaction.deleteFrom('account_roles').where('account_id', '=', id).execute()
      if (roles.length === 0) return
      await requireRoles(transaction, roles, 'roles')
      const values = roleColumns(roles).map((role) => ({ account_id: id, ...role }))
      await transaction.insertInto('account_roles').values(values).execute()
    },
  })

  return {
    ...collection,

    async get(id) {
      const [row] = (await get(db, { id })).rows
      return row && fromRow(row)
    },

    async identity(sourceId, subject) {
      const [row] = (await identity(db, { sourceId, subject })).rows
      return row && identityFrom(row)
    },

    async identities(accountId) {
      const { rows } = await identitiesOf(db, { accountId })
      return rows.map(identityFrom)
    },

    identitiesOf: ofSeveral,

    async link(identity) {
      const insert = () =>
        db
          .insertInto('identities')
          .values({
            source_id: identity.sourceId,
            subject: identity.subject,
            account_id: identity.accountId,
            attributes: toJson(identity.attributes),
            search: searchedIn(identity),
            linked_at: identity.linkedAt,
            last_login_at: identity.lastLoginAt,
          })
          .execute()
      await unlessViolated(
        'unique',
        () =>
          unlessViolated(
            'reference',
            insert,
            (cause) => new Refusal('not_found', 'The account or the source is gone', { cause }),
          ),
        (cause) => new Refusal('conflict', `The source's subject ${identity.subject} is linked already`, { cause }),
      )
    },

    async unlink(accountId, sourceId) {
      const { numDeletedRows } = await db
        .deleteFrom('identities')
        .where('account_id', '=', accountId)
        .where('source_id', '=', sourceId)
        .executeTakeFirst()
      // The index of names forgets those of the identity.
      await sql`update accounts set search = search where id = ${accountId}`.execute(db)
      return Number(numDeletedRows)
    },

    async seen({ sourceId, subject, attributes, lastLoginAt }) {
      const { changed } = await seen(db, {
        source_id: sourceId,
        subject,
        attributes: toJson(attributes),
        search: searchedIn({ subject, attributes }),
        last_login_at: lastLoginAt,
      })
      if (changed !== 1) throw new Refusal('not_found', `The source's subject ${subject} is linked to nobody`)
    },
  }
}

/** By what an administrator knows the person: the name they sign in with, their e-mail address, the upstream's id. */
const searchedIn = ({ subject, attributes }: Pick<LinkedIdentity, 'subject' | 'attributes'>): string =>
  searchText(subject, ...[attributes.preferred_username, attributes.email].filter((name) => typeof name === 'string'))

const fromRow = (row: AccountRow): Account => ({
  id: row.id,
  version: row.version,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  enabled: row.enabled === 1,
  roles: fromJson(row.roles),
  displayName: row.display_name,
})

const identityFrom = (row: IdentityRow): LinkedIdentity => ({
  accountId: row.account_id,
  sourceId: row.source_id,
  subject: row.subject,
  attributes: fromJson(row.attributes),
  linkedAt: row.linked_at,
  lastLoginAt: row.last_login_at,
})
