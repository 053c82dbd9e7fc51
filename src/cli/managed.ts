/** Every kind there is, on the operations of one transaction, or of none for looking. */
import { roleNames } from '../accounts/user-input.ts'
import { roleNamesIn } from '../apis/roles-named.ts'
import type { Actor } from '../audit/audit.ts'
import type { Desired } from './desired.ts'
import { type EntryOf, type KindName, roleKey, userKey } from './format.ts'
import { type ManagedKind, manage } from './kind.ts'
import { apiKeyKind } from './kinds/api-keys.ts'
import { apiKind } from './kinds/apis.ts'
import { applicationKind } from './kinds/applications.ts'
import { clientKind } from './kinds/clients.ts'
import { portalKind } from './kinds/portals.ts'
import { type NamedRoles, roleKind } from './kinds/roles.ts'
import { sourceKind } from './kinds/sources.ts'
import { userKind } from './kinds/users.ts'
import { createNames, type Names } from './names.ts'
import type { Nouns } from './nouns.ts'
import type { Registry } from './open.ts'

interface Needs {
  readonly registry: Registry
  readonly nouns: Nouns
  readonly actor: Actor
  readonly desired: readonly Desired[]
  /** Puts work off until everything is there. */
  readonly later: (work: () => Promise<void>) => void
}

export interface Managed {
  /** In the order in which things come into being. */
  readonly kinds: readonly ManagedKind[]
  readonly names: Names
}

export function manageAll({ registry, nouns, actor, desired, later }: Needs): Managed {
  const { clock, config, passwords, sourceTypes } = registry
  const names = createNames(nouns)
  const common = { ...nouns, actor, names }
  const { admin, client } = config.bootstrap
  const kinds = {
    roles: manage(roleKind({ ...common, named: namedRoles(desired) })),
    'authentication-sources': manage(sourceKind({ ...common, types: sourceTypes })),
    clients: manage(clientKind({ ...common, bootstrapId: client?.id, later })),
    applications: manage(applicationKind(common)),
    apis: manage(apiKind(common)),
    portals: manage(portalKind(common)),
    users: manage(
      userKind({ ...common, matches: passwords.matches, firstAdministrator: userKey('local', admin.username) }),
    ),
    'api-keys': manage(apiKeyKind({ ...common, kept: nouns.keptKeys, clock })),
  } satisfies Record<KindName, ManagedKind>
  return { kinds: Object.values(kinds), names }
}

function namedRoles(desired: readonly Desired[]): NamedRoles {
  const keys: string[] = []
  const ofApis: { slug: string; role: string }[] = []
  for (const { kind, input } of desired) {
    if (kind === 'authentication-sources') {
      const { mapping } = input as EntryOf<'authentication-sources'>
      keys.push(...mapping.roles.map(({ role, client }) => roleKey(role, client ?? null)))
    } else if (kind === 'users') {
      const { roles } = input as EntryOf<'users'>
      keys.push(...roleNames(roles).map(({ name, client }) => roleKey(name, client)))
    } else if (kind === 'portals') {
      const { required_roles } = input as EntryOf<'portals'>
      keys.push(...required_roles.map((role) => roleKey(role, null)))
    } else if (kind === 'apis') {
      const { slug, audience, authentication_sources, ...rules } = input as EntryOf<'apis'>
      const sources = authentication_sources.flatMap((source) => (typeof source === 'string' ? [] : [source]))
      const roles = roleNamesIn(rules, sources)
      keys.push(...roles.flatMap((role) => [roleKey(role, null), ...(audience ? [roleKey(role, audience)] : [])]))
      ofApis.push(...roles.map((role) => ({ slug, role })))
    }
  }
  return { keys: new Set(keys), ofApis }
}
