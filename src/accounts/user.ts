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
  readonly accounts: Pick<AccountStore, 'identities'>
  readonly localUsers: Pick<LocalUserStore, 'get'>
}

export async function userOf({ accounts, localUsers }: People, account: Account): Promise<User> {
  const identities = await accounts.identities(account.id)
  const behind = await Promise.all(identities.map(({ subject }) => localUsers.get(subject)))
  // Another source may call somebody by what is a local user's id here.
  const local = behind.find((user, index) => user !== undefined && user.sourceId === identities[index]?.sourceId)
  return { account, identities, local: local ? withoutPassword(local) : null }
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
