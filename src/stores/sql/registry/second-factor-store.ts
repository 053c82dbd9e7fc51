import type { Authenticator, Passkey, SecondFactorStore } from '../../../accounts/second-factors/factor.ts'
import { Refusal } from '../../../errors.ts'
import type { Vault } from '../../../vault.ts'
import { taken } from '../collection.ts'
import { fromJson, toJson } from '../json.ts'
import type { SecondFactorRow } from '../rows/people.ts'
import type { Db } from '../schema.ts'
import { unlessViolated } from '../violation.ts'

/** What an authenticator's secret is sealed for. */
export const secondFactorContext = (id: string): string => `second_factors/${id}/secret`

/** Second factors of local users in SQL. */
export function createSecondFactorStore(db: Db, vault: Vault): SecondFactorStore {
  async function add(row: SecondFactorRow): Promise<void> {
    await unlessViolated(
      'reference',
      () =>
        unlessViolated(
          'unique',
          () => db.insertInto('second_factors').values(row).execute(),
          (violation) => taken(violation, 'second factor', { credential_id: 'passkey' }),
        ),
      (cause) => new Refusal('not_found', `There is no local user ${row.user_id}`, { cause }),
    )
  }

  const authenticatorFrom = (row: SecondFactorRow): Authenticator => ({
    id: row.id,
    userId: row.user_id,
    secret: vault.open(row.secret ?? '', secondFactorContext(row.id)),
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
  })

  return {
    async of(userId) {
      const [rows, { codes }] = await Promise.all([
        db
          .selectFrom('second_factors')
          .selectAll()
          .where('user_id', '=', userId)
          .orderBy('created_at')
          .orderBy('id')
          .execute(),
        db
          .selectFrom('recovery_codes')
          .select(({ fn }) => fn.countAll().as('codes'))
          .where('user_id', '=', userId)
          .executeTakeFirstOrThrow(),
      ])
      const app = rows.find(({ kind }) => kind === 'totp')
      return {
        authenticator: app && authenticatorFrom(app),
        passkeys: rows.filter(({ kind }) => kind === 'passkey').map(passkeyFrom),
        recoveryCodes: Number(codes),
      }
    },

    async isWanted(userId) {
      const row = await db
        .selectFrom('second_factors')
        .select('id')
        .where('user_id', '=', userId)
        .limit(1)
        .executeTakeFirst()
      return row !== undefined
    },

    async passkey(credentialId) {
      const row = await db
        .selectFrom('second_factors')
        .selectAll()
        .where('credential_id', '=', credentialId)
        .executeTakeFirst()
      return row && passkeyFrom(row)
    },

    addAuthenticator: ({ id, userId, secret, createdAt, lastUsedAt }) =>
      add({
        ...{ id, user_id: userId, kind: 'totp', name: '', created_at: createdAt, last_used_at: lastUsedAt },
        ...{ secret: vault.seal(secret, secondFactorContext(id)), counter: 0 },
        ...{ credential_id: null, public_key: null, transports: toJson([]) },
      }),

    addPasskey: ({ id, userId, name, createdAt, lastUsedAt, credentialId, publicKey, transports, counter }) =>
      add({
        ...{ id, user_id: userId, kind: 'passkey', name, created_at: createdAt, last_used_at: lastUsedAt },
        ...{
          secret: null,
          credential_id: credentialId,
          public_key: publicKey,
          transports: toJson(transports),
          counter,
        },
      }),

    async useStep(id, step, at) {
      const { numUpdatedRows } = await db
        .updateTable('second_factors')
        .set({ counter: step, last_used_at: at })
        .where('id', '=', id)
        .where('kind', '=', 'totp')
        .where('counter', '<', step)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },

    async usePasskey(id, counter, at) {
      const { numUpdatedRows } = await db
        .updateTable('second_factors')
        .set({ counter, last_used_at: at })
        .where('id', '=', id)
        .where('kind', '=', 'passkey')
        // WebAuthn §6.1.1: a device that does not count says 0, always.
        .where((eb) => (counter === 0 ? eb('counter', '=', 0) : eb('counter', '<', counter)))
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },

    async remove(userId, id) {
      const { numDeletedRows } = await db
        .deleteFrom('second_factors')
        .where('user_id', '=', userId)
        .where('id', '=', id)
        .executeTakeFirst()
      return numDeletedRows === 1n
    },

    async removeAll(userId) {
      await db.deleteFrom('second_factors').where('user_id', '=', userId).execute()
      await db.deleteFrom('recovery_codes').where('user_id', '=', userId).execute()
    },

    async setRecoveryCodes(userId, digests) {
      await db.deleteFrom('recovery_codes').where('user_id', '=', userId).execute()
      if (digests.length === 0) return
      const rows = digests.map((digest) => ({ user_id: userId, digest }))
      await unlessViolated(
        'reference',
        () => db.insertInto('recovery_codes').values(rows).execute(),
        (cause) => new Refusal('not_found', `There is no local user ${userId}`, { cause }),
      )
    },

    async useRecoveryCode(userId, digest) {
      const { numDeletedRows } = await db
        .deleteFrom('recovery_codes')
        .where('user_id', '=', userId)
        .where('digest', '=', digest)
        .executeTakeFirst()
      return numDeletedRows === 1n
    },
  }
}

const passkeyFrom = (row: SecondFactorRow): Passkey => ({
  id: row.id,
  userId: row.user_id,
  name: row.name,
  credentialId: row.credential_id ?? '',
  publicKey: row.public_key ?? '',
  transports: fromJson(row.transports),
  counter: row.counter,
  createdAt: row.created_at,
  lastUsedAt: row.last_used_at,
})
