import type { Consent, ConsentStore } from '../../../clients/consent-store.ts'
import { Refusal } from '../../../errors.ts'
import { makeOrChange } from '../database.ts'
import { fromJson, toJson } from '../json.ts'
import type { ConsentRow } from '../rows/people.ts'
import type { Db } from '../schema.ts'
import { unlessViolated } from '../violation.ts'

/** What people agreed to, one row for each person and client. */
export function createConsentStore(db: Db): ConsentStore {
  const find = (accountId: string, clientId: string) =>
    db
      .selectFrom('consents')
      .selectAll()
      .where('account_id', '=', accountId)
      .where('client_id', '=', clientId)
      .executeTakeFirst()

  const insert = async ({ accountId, clientId, scopes, givenAt }: Consent) => {
    const { numInsertedOrUpdatedRows } = await db
      .insertInto('consents')
      .values({ account_id: accountId, client_id: clientId, scopes: toJson(scopes), given_at: givenAt, revision: 1 })
      .onConflict((conflict) => conflict.columns(['account_id', 'client_id']).doNothing())
      .executeTakeFirst()
    return numInsertedOrUpdatedRows === 1n || undefined
  }

  const widen = async ({ accountId, clientId, scopes, givenAt }: Consent, row: ConsentRow) => {
    const { numUpdatedRows } = await db
      .updateTable('consents')
      .set({
        scopes: toJson([...new Set([...fromJson<string[]>(row.scopes), ...scopes])]),
        given_at: Math.max(row.given_at, givenAt),
        revision: row.revision + 1,
      })
      .where('account_id', '=', accountId)
      .where('client_id', '=', clientId)
      .where('revision', '=', row.revision)
      .executeTakeFirst()
    return numUpdatedRows === 1n || undefined
  }

  const read = (row: ConsentRow): Consent => ({
    accountId: row.account_id,
    clientId: row.client_id,
    scopes: fromJson(row.scopes),
    givenAt: row.given_at,
  })

  return {
    async get(accountId, clientId) {
      const row = await find(accountId, clientId)
      return row && read(row)
    },

    async ofAccount(accountId) {
      const ofPerson = db.selectFrom('consents').selectAll().where('account_id', '=', accountId)
      return (await ofPerson.orderBy('given_at', 'desc').orderBy('client_id').execute()).map(read)
    },

    async give(consent) {
      const { accountId, clientId } = consent
      await unlessViolated(
        'reference',
        () =>
          makeOrChange({
            read: () => find(accountId, clientId),
            make: () => insert(consent),
            change: (row) => widen(consent, row),
          }),
        (cause) => new Refusal('not_found', 'The account or the client is gone', { cause }),
      )
    },

    async withdraw(accountId, clientId) {
      await db.deleteFrom('consents').where('account_id', '=', accountId).where('client_id', '=', clientId).execute()
    },
  }
}
