import type { Collection, Entity } from '../collection.ts'

/** The person as the broker knows them. `id` is the `sub` of their tokens, and is never given to anybody else. */
export interface Account extends Entity {
  readonly enabled: boolean
  /** Roles given to the person here, on top of those that a source's mapping gives. */
  readonly roles: readonly RoleName[]
  /** What lists show; from the newest login. Names nobody uniquely. */
  readonly displayName: string
}

/** Cut where lists and columns end, never inside a character; without U+0000, which not every database keeps. */
export const displayNameFrom = (name: string): string => [...name.replaceAll('\0', '')].slice(0, 255).join('')

export interface RoleName {
  readonly name: string
  /** `null`: a realm role. */
  readonly client: string | null
}

/** An account's tie to what one source says about the person: found by (source, subject), never by e-mail. */
export interface LinkedIdentity {
  readonly accountId: string
  readonly sourceId: string
  readonly subject: string
  /** What the source said at the newest login, whole: mapping reads it whenever a token is made. */
  readonly attributes: Readonly<Record<string, unknown>>
  readonly linkedAt: number
  readonly lastLoginAt: number | null
}

export interface AccountStore extends Collection<Account> {
  identity(sourceId: string, subject: string): Promise<LinkedIdentity | undefined>
  identities(accountId: string): Promise<readonly LinkedIdentity[]>
  identitiesOf(accountIds: readonly string[]): Promise<readonly LinkedIdentity[]>
  /** Rejects with `conflict` when (source, subject) is linked already: of two first logins at once one wins. */
  link(identity: LinkedIdentity): Promise<void>
  /** Answers how many ties to the source were taken from the account. */
  unlink(accountId: string, sourceId: string): Promise<number>
  /** Replaces what the source said, as a whole. */
  seen(identity: Pick<LinkedIdentity, 'sourceId' | 'subject' | 'attributes' | 'lastLoginAt'>): Promise<void>
}
