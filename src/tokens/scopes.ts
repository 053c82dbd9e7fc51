/** What may be asked for. */
export const openidScopes = [
  'openid',
  'offline_access',
  'profile',
  'email',
  'address',
  'phone',
  'groups',
  'roles',
] as const
export const adminScopes = ['admin', 'admin:read'] as const

const ofTheBroker: ReadonlySet<string> = new Set<string>([...openidScopes, ...adminScopes])
const openid: ReadonlySet<string> = new Set<string>(openidScopes)

/**
 * A client's registered `scope` (RFC 7591 §2), by who knows what its names mean: the broker, or an API. Those of APIs
 * exist by being named, as roles do, and only a client that was given them may have them.
 */
export function registeredScopes(scope: string | undefined): {
  readonly ofTheBroker: readonly string[]
  readonly ofApis: readonly string[]
} {
  const names = [...new Set(scope?.split(' '))]
  return {
    ofTheBroker: names.filter((name) => ofTheBroker.has(name)),
    ofApis: names.filter((name) => !ofTheBroker.has(name)),
  }
}

/** Which of `names` a client may have in a token for an API or for itself, with what is registered of it. */
export function obtainableScopes(names: readonly string[], registered: string | undefined): readonly string[] {
  const { ofApis } = registeredScopes(registered)
  return names.filter((name) => openid.has(name) || ofApis.includes(name))
}
