/**
 * People, as the admin API and the console change them: accounts with their roles, and for those whose
 * password is kept here the local user behind the account. Whoever is switched off, removed or given another
 * password is out at once on every node.
 */
import type { Actor, AuditStore } from '../audit/audit.ts'
import { changesNothing, recordChange } from '../audit/record.ts'
import type { Clock } from '../clock.ts'
import { found, type ListQuery, type Page, requireVersion, type Transact } from '../collection.ts'
import { Refusal } from '../errors.ts'
import { newId } from '../ids.ts'
import { invalidInput, together } from '../input.ts'
import type { RoleStore } from '../roles/role.ts'
import type { Readmit, ShutOut } from '../sessions/shut-out.ts'
import type { Source, SourceStore } from '../sources/source.ts'
import { type Account, type AccountStore, displayNameFrom, type RoleName } from './account.ts'
import { canonicalUsername, type LocalUser, type LocalUserStore, localAttributes } from './local-user.ts'
import { passwordProblem } from './password-policy.ts'
import { auditedUser, type User, userOf, usersOf } from './user.ts'
import { claimsIn, foreignProblems, roleNames, type UserInput } from './user-input.ts'

interface Stores {
  readonly accounts: AccountStore
  readonly localUsers: LocalUserStore
  readonly roles: Pick<RoleStore, 'ensure'>
  readonly audit: AuditStore
}

interface Needs {
  readonly transact: Transact<Stores>
  readonly accounts: AccountStore
  readonly localUsers: LocalUserStore
  readonly sources: Pick<SourceStore, 'get' | 'byAlias'>
  readonly shutOut: ShutOut
  readonly readmit: Readmit
  readonly hashPassword: (password: string) => Promise<string>
  readonly clock: Clock
}

export interface Users {
  /** Rejects with `not_found`. */
  get(id: string): Promise<User>
  list(query: ListQuery): Promise<Page<User>>
  /** Makes a local user. Rejects with `invalid_input`, or `conflict` when the name is taken. */
  create(actor: Actor, input: UserInput): Promise<User>
  /**
   * Makes the person what `input` says, whole. Rejects with `not_found`, `changed_meanwhile`, `conflict`, and
   * `invalid_input` when it is not ours to say.
   */
  replace(actor: Actor, id: string, input: UserInput, expected: number): Promise<User>
  /**
   * Of somebody whose password is kept here: they, and whoever else has it, are out at once everywhere, and come in with the
   * new one. Rejects with `not_found`, and `invalid_input` when the password cannot be set.
   */
  changePassword(actor: Actor, id: string, password: string): Promise<void>
  /**
   * The source's word for the person counts here no more; whoever comes with it again is somebody new. They are out at
   * once, wherever they came from. Rejects with `not_found`, `changed_meanwhile`, and `in_use` when the person's password is kept here for it.
   */
  unlink(actor: Actor, id: string, sourceId: string, expected: number): Promise<User>
  /** Rejects with `not_found` and `changed_meanwhile`. */
  remove(actor: Actor, id: string, expected: number): Promise<void>
}

export function createUsers(needs: Needs): Users {
  const { transact, accounts, localUsers, sources, shutOut, readmit, hashPassword, clock } = needs
  const people = { accounts, localUsers }

  const get = async (id: string) => userOf(people, found(await accounts.get(id), `user ${id}`))

  async function localSource(name: string): Promise<Source> {
    const source = (await sources.get(name)) ?? (await sources.byAlias(name))
    if (source?.type === 'local') return source
    const message = source ? `${name} is no source of type local` : `there is no authentication source ${name}`
    throw invalidInput([{ path: 'authentication_source', message }])
  }

  return {
    get,

    async list(query) {
      const { items, next } = await accounts.list(query)
      return { items: await usersOf(people, items), next }
    },

    async create(actor, input) {
      const { password } = input
      const [username, source] = await together([
        usernameIn(input),
        localSource(input.authentication_source ?? 'local'),
      ])
      const passwordHash = password === undefined ? null : await hashPassword(password)
      const now = clock()
      const fresh = { version: 1, createdAt: now, updatedAt: now }
      const account = { ...fresh, id: newId(), ...accountPart(input, username) }
      const local = { ...fresh, id: newId(), sourceId: source.id, passwordHash, username, ...localPart(input) }
      const link = { accountId: account.id, sourceId: source.id, subject: local.id, linkedAt: now, lastLoginAt: null }
      return transact(async (stores) => {
        await refuseTaken(stores.localUsers, local)
        await ensureRoles(stores.roles, account.roles, now)
        await stores.accounts.add(account)
        await stores.localUsers.add(local)
        await stores.accounts.link({ ...link, attributes: localAttributes(local) })
        const user = await userOf(stores, account)
        await recordChange(stores.audit, actor, clock, { subject: subject(user), after: auditedUser(user) })
        return user
      })
    },

    async replace(actor, id, input, expected) {
      const before = await get(id)
      requireVersion(before.account, expected)
      if (before.local) await together([usernameIn(input), requireSource(before.local.sourceId, input)])
      else await requireForeign(id, input)
      const account = { ...before.account, ...accountPart(input, before.account.displayName) }
      const said = before.local && { ...before.local, ...localPart(input), username: input.username ?? '' }
      const isSame = changesNothing(auditedUser(before), auditedUser({ ...before, account, local: said }))
      if (isSame && input.password === undefined) return before
      const passwordHash = input.password === undefined ? undefined : await hashPassword(input.password)
      const now = clock()

      const change = async (stores: Stores) => {
        await ensureRoles(stores.roles, account.roles, now)
        const changed = await stores.accounts.replace({ ...account, updatedAt: now }, expected)
        if (before.local) await changeLocal(stores, before.local.id, input, { passwordHash, now })
        const after = await userOf(stores, changed)
        const views = { before: auditedUser(before), after: auditedUser(after, passwordHash !== undefined) }
        await recordChange(stores.audit, actor, clock, { subject: subject(after), ...views })
        return after
      }
      const shutsOut = passwordHash !== undefined || !input.enabled
      const after = await (shutsOut ? shutOut({ account: id }, transact, change) : transact(change))
      if (input.enabled && (shutsOut || !before.account.enabled)) await readmit({ account: id })
      return after
    },

    async changePassword(actor, id, password) {
      const before = await get(id)
      const { account, local } = before
      const user = found(local === null ? undefined : await localUsers.get(local.id), `local user ${id}`)
      const names = [user.username, user.claims.email].filter((name) => typeof name === 'string')
      const message = passwordProblem(password, names)
      if (message) throw invalidInput([{ path: 'password', message }])
      const passwordHash = await hashPassword(password)
      const change = async (stores: Stores) => {
        const updatedAt = clock()
        await stores.accounts.replace({ ...account, updatedAt }, account.version)
        await stores.localUsers.replace({ ...user, passwordHash, updatedAt }, user.version)
        const views = { before: auditedUser(before), after: auditedUser(before, true) }
        await recordChange(stores.audit, actor, clock, { subject: subject(before), ...views })
      }
      await shutOut({ account: id }, transact, change)
      await readmit({ account: id })
    },

    async unlink(actor, id, sourceId, expected) {
      const before = await get(id)
      requireVersion(before.account, expected)
      found(
        before.identities.find((identity) => identity.sourceId === sourceId),
        `identity of the user ${id} at the authentication source ${sourceId}`,
      )
      if (before.local?.sourceId === sourceId) {
        throw new Refusal(
          'in_use',
          'The password of this person is kept here for that source: remove the user instead',
          {
            problems: [{ path: 'username', message: `is ${before.local.username}` }],
          },
        )
      }
      const unlink = async (stores: Stores) => {
        const account = await stores.accounts.replace({ ...before.account, updatedAt: clock() }, expected)
        await stores.accounts.unlink(id, sourceId)
        const after = await userOf(stores, account)
        const views = { before: withIdentities(before), after: withIdentities(after) }
        await recordChange(stores.audit, actor, clock, { subject: subject(after), ...views })
        return after
      }
      const after = await shutOut({ account: id }, transact, unlink)
      await readmit({ account: id })
      return after
    },

    async remove(actor, id, expected) {
      const before = await get(id)
      requireVersion(before.account, expected)
      const remove = async (stores: Stores) => {
        await stores.accounts.remove(id, expected)
        if (before.local) await stores.localUsers.remove(before.local.id)
        await recordChange(stores.audit, actor, clock, { subject: subject(before), before: auditedUser(before) })
      }
      await shutOut({ account: id }, transact, remove)
    },
  }

  async function requireForeign(id: string, input: UserInput): Promise<void> {
    const problems = foreignProblems(input)
    if (problems.length === 0) return
    // Whoever is being removed has no password here any more, either.
    found(await accounts.get(id), `user ${id}`)
    throw invalidInput(problems)
  }

  async function requireSource(sourceId: string, { authentication_source: name }: UserInput): Promise<void> {
    if (name === undefined || (await localSource(name)).id === sourceId) return
    throw invalidInput([{ path: 'authentication_source', message: 'cannot be changed' }])
  }
}

async function usernameIn({ username }: UserInput): Promise<string> {
  if (username === undefined) throw invalidInput([{ path: 'username', message: 'is required' }])
  return username
}

const withIdentities = (user: User): unknown => ({
  ...Object(auditedUser(user)),
  identities: user.identities.map(({ sourceId, subject }) => ({ authentication_source: sourceId, subject })),
})

const subject = ({ account }: User) => ({ type: 'user', id: account.id, name: account.displayName })

async function changeLocal(
  { accounts, localUsers }: Pick<Stores, 'accounts' | 'localUsers'>,
  id: string,
  input: UserInput,
  { passwordHash, now }: { readonly passwordHash: string | undefined; readonly now: number },
): Promise<void> {
  const user = await localUsers.get(id)
  if (!user) throw new Refusal('changed_meanwhile', `The local user ${id} was removed`)
  const changed = {
    ...user,
    ...localPart(input),
    username: input.username ?? user.username,
    passwordHash: passwordHash ?? user.passwordHash,
    updatedAt: now,
  }
  await refuseTaken(localUsers, changed)
  await localUsers.replace(changed, user.version)
  const link = await accounts.identity(user.sourceId, id)
  await accounts.seen({
    sourceId: user.sourceId,
    subject: id,
    attributes: localAttributes(changed),
    lastLoginAt: link?.lastLoginAt ?? null,
  })
}

async function refuseTaken(localUsers: LocalUserStore, { id, sourceId, username }: LocalUser): Promise<void> {
  const holder = await localUsers.byUsername(sourceId, canonicalUsername(username))
  if (holder === undefined || holder.id === id) return
  throw new Refusal('conflict', `The source has a user ${username} already`, {
    problems: [{ path: 'username', message: 'is taken' }],
  })
}

async function ensureRoles(roles: Stores['roles'], named: readonly RoleName[], now: number): Promise<void> {
  for (const role of named) await roles.ensure(role, now)
}

const accountPart = (input: UserInput, otherwise: string): Pick<Account, 'enabled' | 'roles' | 'displayName'> => {
  const { name, given_name, family_name, username, enabled, roles } = input
  const composed = given_name && family_name ? `${given_name} ${family_name}` : undefined
  const displayName = displayNameFrom(name ?? composed ?? username ?? otherwise)
  return { enabled, roles: roleNames(roles), displayName }
}

const localPart = (input: UserInput): Pick<LocalUser, 'claims' | 'groups'> => ({
  claims: claimsIn(input),
  groups: [...new Set(input.groups)],
})
