import type { KeyState, KeyStore, SigningKey } from '../../../keys/signing-key.ts'
import type { Vault } from '../../../vault.ts'
import { atomically, noteChange } from '../database.ts'
import { fromJson, toJson } from '../json.ts'
import type { SigningKeyRow } from '../rows/records.ts'
import type { Db } from '../schema.ts'

/** Signing keys in SQL, the private half of each sealed. */
export function createKeyStore(db: Db, vault: Vault): KeyStore {
  const fromRow = (row: SigningKeyRow): SigningKey => ({
    kid: row.kid,
    alg: row.alg as SigningKey['alg'],
    state: row.state as KeyState,
    privateJwk: fromJson(vault.open(row.private_jwk, signingKeyContext(row.kid))),
    createdAt: row.created_at,
    activatedAt: row.activated_at,
    retiredAt: row.retired_at,
  })

  return {
    async list() {
      const rows = await db.selectFrom('signing_keys').selectAll().orderBy('created_at').orderBy('kid').execute()
      return rows.map(fromRow)
    },

    add: (key) =>
      atomically(db, async (transaction) => {
        const { numInsertedOrUpdatedRows } = await transaction
          .insertInto('signing_keys')
          .values({
            kid: key.kid,
            alg: key.alg,
            state: key.state,
            private_jwk: vault.seal(toJson(key.privateJwk), signingKeyContext(key.kid)),
            created_at: key.createdAt,
            activated_at: key.activatedAt,
            retired_at: key.retiredAt,
          })
          .onConflict((conflict) => conflict.doNothing())
          .executeTakeFirst()
        if (numInsertedOrUpdatedRows !== 1n) return false
        await noteChange(transaction)
        return true
      }),

    promote: (kid, at) =>
      atomically(db, async (transaction) => {
        // Both statements ask whether the key is still next: of two nodes the later one finds that it is not.
        await transaction
          .updateTable('signing_keys')
          .set({ state: 'retiring', retired_at: at })
          .where('state', '=', 'active')
          .where(({ exists, selectFrom }) =>
            exists(
              selectFrom('signing_keys as coming')
                .select('kid')
                .where('coming.kid', '=', kid)
                .where('coming.state', '=', 'next'),
            ),
          )
          .execute()
        const { numUpdatedRows } = await transaction
          .updateTable('signing_keys')
          .set({ state: 'active', activated_at: at })
          .where('kid', '=', kid)
          .where('state', '=', 'next')
          .executeTakeFirst()
        if (numUpdatedRows !== 1n) return false
        await noteChange(transaction)
        return true
      }),

    remove: (kid) =>
      atomically(db, async (transaction) => {
        const { numDeletedRows } = await transaction
          .deleteFrom('signing_keys')
          .where('kid', '=', kid)
          .executeTakeFirst()
        if (numDeletedRows !== 1n) return false
        await noteChange(transaction)
        return true
      }),
  }
}

/** What a private key is sealed for. */
export const signingKeyContext = (kid: string): string => `signing_keys/${kid}/private_jwk`
