import type { Entity } from '../collection.ts'

/** A person whose password this broker keeps: a user of a source of type `local`. */
export interface LocalUser extends Entity {
  readonly sourceId: string
  readonly username: string
  /** PHC string: `$argon2id$v=19$m=…,t=…,p=…$salt$hash`; `null`: cannot sign in by password. */
  readonly passwordHash: string | null
  readonly groups: readonly string[]
  /** OpenID Connect standard claims of the person: `name`, `email`, … */
  readonly claims: Readonly<Record<string, unknown>>
}

export interface LocalUserStore {
  get(id: string): Promise<LocalUser | undefined>
  /** Those of `ids` that exist. */
  some(ids: readonly string[]): Promise<readonly LocalUser[]>
  /** Finds by name as {@link canonicalUsername} writes it. */
  byUsername(sourceId: string, username: string): Promise<LocalUser | undefined>
  /** Rejects with `conflict` when the source has the name already. */
  add(user: LocalUser): Promise<void>
  replace(user: LocalUser, expected: number): Promise<LocalUser>
  remove(id: string): Promise<void>
}

/** One spelling for one name: so that a look-alike is no second user, and no way round a limit (SEC-086). */
export const canonicalUsername = (username: string): string => username.normalize('NFKC').trim().toLowerCase()

/** Whether anybody can be called this: what cannot be is not looked for. */
export const isPossibleUsername = (username: string): boolean =>
  username.length > 0 && username.length <= 255 && !/\p{Cc}/u.test(username)

/** What a source of type `local` says about its user. */
export const localAttributes = ({ claims, username, groups }: LocalUser): Readonly<Record<string, unknown>> => ({
  ...claims,
  preferred_username: username,
  groups,
})
