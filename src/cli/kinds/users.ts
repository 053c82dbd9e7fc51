import type { LocalUserStore } from '../../accounts/local-user.ts'
import { type User, userInput } from '../../accounts/user.ts'
import { claimsIn, profileOf, roleNames } from '../../accounts/user-input.ts'
import type { Users } from '../../accounts/users.ts'
import type { Actor } from '../../audit/audit.ts'
import { type EntryOf, roleKey, userKey } from '../format.ts'
import type { Kind } from '../kind.ts'
import { everything, type Names } from '../names.ts'
import { plain, type Written } from '../plan.ts'

interface Needs {
  readonly actor: Actor
  readonly users: Users
  readonly localUsers: Pick<LocalUserStore, 'get'>
  readonly names: Names
  readonly matches: (password: string, hash: string | null) => Promise<boolean>
  /** The key of the administrator whom the server's configuration makes. */
  readonly firstAdministrator: string
}

/** People whose password is kept here; all others are what their source says. */
export function userKind(needs: Needs): Kind<'users', User> {
  const { actor, users, localUsers, names, matches, firstAdministrator } = needs

  const keyOf = async ({ local }: User) =>
    local ? userKey(await names.aliasOf(local.sourceId), local.username) : undefined

  async function hashOf(user: User | undefined): Promise<string | null> {
    const local = user?.local && (await localUsers.get(user.local.id))
    return local?.passwordHash ?? null
  }

  return {
    name: 'users',
    all: async () => (await everything(users.list)).filter(({ local }) => local !== null),
    keyOf,
    written: async (user) => normal(userInput(user) as EntryOf<'users'>, names),

    async wanted({ password, ...entry }, before) {
      const isNews = password !== undefined && !(await matches(password, await hashOf(before)))
      return { written: await normal(entry, names), secrets: isNews ? ['password'] : [] }
    },

    async create(entry) {
      await users.create(actor, entry)
      return {}
    },

    async replace(before, { password, ...entry }) {
      const { id, version } = before.account
      // The same password again would sign the person out for nothing.
      const isNews = password !== undefined && !(await matches(password, await hashOf(before)))
      await users.replace(actor, id, { ...entry, ...(isNews && { password }) }, version)
      return {}
    },

    remove: ({ account: { id, version } }) => users.remove(actor, id, version),
    isKept: ({ local }) => local !== null && userKey('local', local.username) === firstAdministrator,
  }
}

async function normal(entry: Omit<EntryOf<'users'>, 'password'>, names: Names): Promise<Written> {
  const { username, enabled, authentication_source: source } = entry
  const roles = roleNames(entry.roles)
    .map(({ name, client }) => ({ name, client }))
    .sort((one, other) => (roleKey(one.name, one.client) < roleKey(other.name, other.client) ? -1 : 1))
  return plain({
    ...{ username, enabled, authentication_source: await names.aliasOf(source ?? 'local') },
    ...profileOf(claimsIn(entry)),
    groups: [...new Set(entry.groups)],
    roles: roles.map(({ name, client }) => (client === null ? name : { name, client })),
  })
}
