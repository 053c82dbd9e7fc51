import type { Account, AccountStore, LinkedIdentity } from './account.ts'
import type { LocalUser, LocalUserStore } from './local-user.ts'
import { profileOf } from './user-input.ts'

/** A person as an administrator sees them. Its version is the account's. */
export interface User {
  readonly account: Account
  /** What the person's sources say about them. */
  readonly identities: readonly LinkedIdentity[]
  /** `null`: their password is not kept here. */
  readonly local: LocalProfile | null
}

/** A local user without anything that could be used to sign in. */
export interface LocalProfile extends Omit<LocalUser, 'passwordHash'> {
  readonly hasPassword: boolean
}

interface People {
  readonly accounts: Pick<AccountStore, 'identitiesOf'>
  readonly localUsers: Pick<LocalUserStore, 'some'>
}

/** In the order of `accounts`. However many there are, the stores are asked twice. */
export async function usersOf({ accounts, localUsers }: People, some: readonly Account[]): Promise<readonly User[]> {
  const identities = await accounts.identitiesOf(some.map(({ id }) => id))
  const behind = await localUsers.some(identities.map(({ subject }) => subject))
  const localById = new Map(behind.map((user) => [user.id, user]))
  const byAccount = Map.groupBy(identities, ({ accountId }) => accountId)
  return some.map((account) => {
    const own = byAccount.get(account.id) ?? []
    // Another source may call somebody by what is a local user's id here.
    const local = own
      .map(({ subject, sourceId }) => ({ user: localById.get(subject), sourceId }))
      .find(({ user, sourceId }) => user?.sourceId === sourceId)?.user
    return { account, identities: own, local: local ? withoutPassword(local) : null }
  })
}

export async function userOf(people: People, account: Account): Promise<User> {
  const [user] = await usersOf(people, [account])
  if (!user) throw new Error('One account is one user')
  return user
}

function withoutPassword({ passwordHash, ...user }: LocalUser): LocalProfile {
  return { ...user, hasPassword: passwordHash !== null }
}

/** What a PUT would have to say to leave the person as they are: without the password, since an omitted one stays. */
export function userInput({ account, local }: User): Readonly<Record<string, unknown>> {
  const { enabled, roles } = account
  if (!local) return { enabled, roles }
  const { username, groups, sourceId } = local
  return { username, enabled, authentication_source: sourceId, ...profileOf(local.claims), groups, roles }
}

/** For the audit: with a mask where the password is. */
export function auditedUser(user: User, passwordChanged = false): unknown {
  if (!user.local?.hasPassword) return userInput(user)
  return { ...userInput(user), password: passwordChanged ? '******** (changed)' : '********' }
}
