/**
 * Second factors of local users, as their owners and administrators change them and as signing in asks for them.
 * Everything is in the registry: any node knows what another has taken.
 */
import type { Actor, AuditStore } from '../../audit/audit.ts'
import { recordChange } from '../../audit/record.ts'
import type { Clock } from '../../clock.ts'
import { found, type Transact } from '../../collection.ts'
import { Refusal } from '../../errors.ts'
import { newId } from '../../ids.ts'
import type { AccountStore } from '../account.ts'
import type { LocalUserStore } from '../local-user.ts'
import { isWanted, type Passkey, type SecondFactorStore, type SecondFactors } from './factor.ts'
import { newRecoveryCodes, recoveryDigest, stepOf } from './one-time-codes.ts'

interface Stores {
  readonly secondFactors: SecondFactorStore
  readonly audit: AuditStore
}

interface Needs {
  readonly transact: Transact<Stores>
  readonly secondFactors: SecondFactorStore
  readonly accounts: Pick<AccountStore, 'get' | 'identities'>
  readonly localUsers: Pick<LocalUserStore, 'some'>
  readonly clock: Clock
}

/** A local user, and the account that changes are written down for. */
export interface FactorOwner {
  readonly userId: string
  readonly accountId: string
  readonly name: string
}

export type CodeMethod = 'totp' | 'recovery'

export interface FactorKeeper {
  of(userId: string): Promise<SecondFactors>
  /** Whether a password alone lets nobody in as this user. */
  isWanted(userId: string): Promise<boolean>
  /**
   * Whether the code is one of the app's or one on paper, and uses it up. `undefined`: wrong, or used before. Count
   * failures: six digits are soon guessed.
   */
  useCode(userId: string, code: string): Promise<CodeMethod | undefined>
  /** What stands between a person and a password alone, of whoever the account is here; `undefined`: no local user. */
  ofAccount(accountId: string): Promise<SecondFactors | undefined>
  /** Recovery codes, when these are the first; shown once. Rejects with `second_factor_wrong` and `conflict`. */
  addAuthenticator(owner: FactorOwner, secret: string, code: string): Promise<readonly string[]>
  /** Recovery codes, when these are the first. Rejects with `conflict`. */
  addPasskey(
    owner: FactorOwner,
    passkey: Omit<Passkey, 'id' | 'userId' | 'createdAt' | 'lastUsedAt'>,
  ): Promise<readonly string[]>
  /** Rejects with `not_found`. With the last factor its recovery codes go. */
  remove(owner: FactorOwner, id: string): Promise<void>
  /** In place of those there were. */
  renewRecoveryCodes(owner: FactorOwner): Promise<readonly string[]>
  /** By an administrator, for somebody who has lost them all. Rejects with `not_found`, and for who is no local user. */
  reset(actor: Actor, accountId: string): Promise<void>
}

export function createFactorKeeper({ transact, secondFactors, accounts, localUsers, clock }: Needs): FactorKeeper {
  const self = ({ accountId }: FactorOwner): Actor => ({ kind: 'account', id: accountId })

  /** The change and its line in the audit log, or neither. */
  async function change<T>(
    actor: Actor,
    { userId, accountId, name }: FactorOwner,
    work: (stores: Stores) => Promise<T>,
  ): Promise<T> {
    return transact(async (stores) => {
      const before = audited(await stores.secondFactors.of(userId))
      const result = await work(stores)
      const after = audited(await stores.secondFactors.of(userId))
      await recordChange(stores.audit, actor, clock, { subject: { type: 'user', id: accountId, name }, before, after })
      return result
    })
  }

  async function newCodes(stores: Stores, userId: string): Promise<readonly string[]> {
    const codes = newRecoveryCodes()
    await stores.secondFactors.setRecoveryCodes(
      userId,
      codes.flatMap((code) => recoveryDigest(userId, code) ?? []),
    )
    return codes
  }

  /** Whoever has codes on paper keeps them. */
  const firstCodes = async (stores: Stores, userId: string) =>
    (await stores.secondFactors.of(userId)).recoveryCodes > 0 ? [] : newCodes(stores, userId)

  async function userOf(accountId: string) {
    const identities = await accounts.identities(accountId)
    const users = await localUsers.some(identities.map(({ subject }) => subject))
    return users.find(({ id, sourceId }) =>
      identities.some((identity) => identity.sourceId === sourceId && identity.subject === id),
    )
  }

  return {
    of: secondFactors.of,
    isWanted: secondFactors.isWanted,

    async useCode(userId, code) {
      const { authenticator, recoveryCodes } = await secondFactors.of(userId)
      const step = authenticator && stepOf(authenticator.secret, code, clock())
      if (authenticator && step !== undefined)
        return (await secondFactors.useStep(authenticator.id, step, clock())) ? 'totp' : undefined
      const digest = recoveryCodes > 0 ? recoveryDigest(userId, code) : undefined
      return digest && (await secondFactors.useRecoveryCode(userId, digest)) ? 'recovery' : undefined
    },

    async ofAccount(accountId) {
      const user = await userOf(accountId)
      return user && secondFactors.of(user.id)
    },

    addAuthenticator: (owner, secret, code) =>
      change(self(owner), owner, async (stores) => {
        const step = stepOf(secret, code, clock())
        if (step === undefined) throw new Refusal('second_factor_wrong')
        const { userId } = owner
        const id = newId()
        await stores.secondFactors.addAuthenticator({ id, userId, secret, createdAt: clock(), lastUsedAt: null })
        await stores.secondFactors.useStep(id, step, clock())
        return firstCodes(stores, userId)
      }),

    addPasskey: (owner, passkey) =>
      change(self(owner), owner, async (stores) => {
        const { userId } = owner
        await stores.secondFactors.addPasskey({ ...passkey, id: newId(), userId, createdAt: clock(), lastUsedAt: null })
        return firstCodes(stores, userId)
      }),

    remove: (owner, id) =>
      change(self(owner), owner, async (stores) => {
        if (!(await stores.secondFactors.remove(owner.userId, id)))
          throw new Refusal('not_found', `There is no second factor ${id} of this user`)
        if (!isWanted(await stores.secondFactors.of(owner.userId))) await stores.secondFactors.removeAll(owner.userId)
      }),

    renewRecoveryCodes: (owner) => change(self(owner), owner, (stores) => newCodes(stores, owner.userId)),

    async reset(actor, accountId) {
      const account = found(await accounts.get(accountId), `user ${accountId}`)
      const user = found(await userOf(accountId), `local user of the user ${accountId}`)
      const owner = { userId: user.id, accountId, name: account.displayName }
      await change(actor, owner, (stores) => stores.secondFactors.removeAll(user.id))
    },
  }
}

/** Without anything that could be used, and with the digits of nothing. */
const audited = ({ authenticator, passkeys, recoveryCodes }: SecondFactors) => ({
  second_factors: {
    authenticator_app: authenticator !== undefined,
    passkeys: passkeys.map(({ name }) => name),
    recovery_codes: recoveryCodes,
  },
})
