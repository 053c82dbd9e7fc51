import { canonicalUsername, type LocalUser, type LocalUserStore } from '../../../accounts/local-user.ts'
import { Refusal } from '../../../errors.ts'
import { taken } from '../collection.ts'
import { fromJson, toJson } from '../json.ts'
import type { LocalUserRow } from '../rows/people.ts'
import type { Db } from '../schema.ts'
import { unlessViolated } from '../violation.ts'

/** Local users in SQL; names are unique in their source. */
export function createLocalUserStore(db: Db): LocalUserStore {
  const unlessTaken = <T>(work: () => Promise<T>): Promise<T> =>
    unlessViolated('unique', work, (violation) => taken(violation, 'user of the source', { username: 'username' }))

  return {
    async get(id) {
      const row = await db.selectFrom('local_users').selectAll().where('id', '=', id).executeTakeFirst()
      return row && fromRow(row)
    },

    async some(ids) {
      if (ids.length === 0) return []
      const rows = await db.selectFrom('local_users').selectAll().where('id', 'in', ids).execute()
      return rows.map(fromRow)
    },

    async byUsername(sourceId, username) {
      const row = await db
        .selectFrom('local_users')
        .selectAll()
        .where('source_id', '=', sourceId)
        .where('canonical_username', '=', canonicalUsername(username))
        .executeTakeFirst()
      return row && fromRow(row)
    },

    async add(user) {
      const values = { id: user.id, version: user.version, created_at: user.createdAt, ...toColumns(user) }
      await unlessViolated(
        'reference',
        () => unlessTaken(() => db.insertInto('local_users').values(values).execute()),
        (cause) => new Refusal('not_found', `There is no authentication source ${user.sourceId}`, { cause }),
      )
    },

    async replace(user, expected) {
      const replaced = { ...user, version: expected + 1 }
      const { numUpdatedRows } = await unlessTaken(() =>
        db
          .updateTable('local_users')
          .set({ version: replaced.version, ...toColumns(replaced) })
          .where('id', '=', user.id)
          .where('version', '=', expected)
          .executeTakeFirst(),
      )
      if (numUpdatedRows !== 1n)
        throw new Refusal('changed_meanwhile', `The user ${user.id} is not there in version ${expected}`)
      return replaced
    },

    async remove(id) {
      await db.deleteFrom('local_users').where('id', '=', id).execute()
    },
  }
}

const toColumns = (user: LocalUser) => ({
  updated_at: user.updatedAt,
  source_id: user.sourceId,
  username: user.username,
  canonical_username: canonicalUsername(user.username),
  password_hash: user.passwordHash,
  groups: toJson(user.groups),
  claims: toJson(user.claims),
})

const fromRow = (row: LocalUserRow): LocalUser => ({
  id: row.id,
  version: row.version,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  sourceId: row.source_id,
  username: row.username,
  passwordHash: row.password_hash,
  groups: fromJson(row.groups),
  claims: fromJson(row.claims),
})
