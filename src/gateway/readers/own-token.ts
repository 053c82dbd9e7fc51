/** The broker's own access tokens. */
import type { Api, ApiSource } from '../../apis/api.ts'
import type { Clock } from '../../clock.ts'
import { isRecord } from '../../mapping/path.ts'
import type { ReasonCode } from '../../reasons.ts'
import { after, type Soon } from '../../soon.ts'
import type { Source } from '../../sources/source.ts'
import type { Entitlement } from '../../tokens/accept.ts'
import type { AccessToken, CheckAccessToken } from '../../tokens/access-token.ts'
import { parseCompactJwt } from '../../tokens/compact-jwt.ts'
import { type Caller, notMine, type Reader, type Reading } from '../reader.ts'

interface Needs {
  readonly issuer: string
  readonly checkAccessToken: CheckAccessToken
  readonly entitlement: Pick<Entitlement, 'anyAccepts'>
  readonly sources: { byAlias(alias: string): Soon<Source | undefined> }
  readonly clock: Clock
}

type Told = Pick<AccessToken, 'claims' | 'clientId' | 'sourceAlias' | 'accountId' | 'scopes'>

export function createOwnTokenReader({ issuer, checkAccessToken, ...needs }: Needs): Reader {
  const tokenAt = createTokenAtApi(needs)
  // For those that were shown before that is known already.
  const isOurs = (compact: string) =>
    checkAccessToken.knows?.(compact) || parseCompactJwt(compact)?.payload.iss === issuer

  return ({ bearer }, api) => {
    if (bearer === undefined || !isOurs(bearer)) return notMine
    return after(
      checkAccessToken(bearer),
      (verdict): Soon<Reading> => (verdict.ok ? tokenAt(verdict.token, api) : no(verdict.reason, verdict.token)),
    )
  }
}

/** Whom a good token of ours speaks for at an API, or why the API does not take it. */
export type TokenAtApi = (token: AccessToken, api: Api) => Soon<AtApi>
type AtApi = Exclude<Reading, { readonly kind: 'not_mine' }>

export function createTokenAtApi({
  entitlement,
  sources,
  clock,
}: Omit<Needs, 'issuer' | 'checkAccessToken'>): TokenAtApi {
  function sourceHere({ sourceAlias }: AccessToken, api: Api): Soon<ApiSource | undefined> {
    return after(
      sourceAlias === undefined ? undefined : sources.byAlias(sourceAlias),
      (source) => source && api.authenticationSources.find(({ sourceId }) => sourceId === source.id),
    )
  }

  // APIs are the same objects until something is changed.
  const callers = new WeakMap<AccessToken, { readonly api: Api; readonly caller: Caller }>()

  function callerAt(token: AccessToken, api: Api, roles: ApiSource['roles']): Caller {
    if (!token.comesAgain) return callerOf(token, api, roles)
    const known = callers.get(token)
    if (known?.api === api) return known.caller
    const caller = { ...callerOf(token, api, roles), comesAgain: true as const }
    callers.set(token, { api, caller })
    return caller
  }

  function through(source: ApiSource | undefined, token: AccessToken, api: Api): AtApi {
    if (!source) return { ...no('api_source_not_accepted', token), forbidden: true }
    if (source.sunset !== null && source.sunset <= clock())
      return { ...no('api_source_sunset', token), forbidden: true }
    return { kind: 'mine', caller: callerAt(token, api, source.roles) }
  }

  return (token, api) =>
    after(entitlement.anyAccepts([api], token), (accepts): Soon<AtApi> => {
      if (!accepts) return no('token_audience', token)
      if (api.authenticationSources.length === 0) return { kind: 'mine', caller: callerAt(token, api, null) }
      return after(sourceHere(token, api), (source) => through(source, token, api))
    })
}

const no = (reason: ReasonCode, token: AccessToken | undefined) => ({
  kind: 'no' as const,
  reason,
  ...(token && { about: { client: token.clientId, source: token.sourceAlias, account: token.accountId } }),
})

/** Whom claims of ours are about, at this API; `roles` are what it says itself of those who come through the source. */
export function callerOf(
  { claims, clientId, sourceAlias, accountId, scopes }: Told,
  api: Api,
  roles: ApiSource['roles'],
): Caller {
  const groups = texts(claims.groups)
  return {
    subject: accountId ?? clientId,
    account: accountId,
    user: text(claims.preferred_username) || (accountId ?? ''),
    email: text(claims.email),
    groups,
    roles: roles === null ? rolesOf(claims, api) : rolesHere(roles, groups),
    source: sourceAlias,
    client: clientId,
    scopes,
    claims,
  }
}

export const rolesHere = (roles: NonNullable<ApiSource['roles']>, groups: readonly string[]): readonly string[] => [
  ...new Set(
    roles.filter(({ when_group: group }) => group === undefined || groups.includes(group)).map(({ role }) => role),
  ),
]

/** Of the realm, by the names that both token profiles have for it, and of the API's own name space. */
function rolesOf(claims: Told['claims'], { id, audience }: Api): readonly string[] {
  const named = isRecord(claims.resource_access) ? claims.resource_access : {}
  const spaces = [id, audience].flatMap((name) => (name !== null && Object.hasOwn(named, name) ? [named[name]] : []))
  const realm = isRecord(claims.realm_access) ? texts(claims.realm_access.roles) : texts(claims.roles)
  return [...new Set([...realm, ...spaces.flatMap((space) => (isRecord(space) ? texts(space.roles) : []))])]
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

const texts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : []
