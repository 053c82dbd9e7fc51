/**
 * What an access token can be for (RFC 8707): the client itself when nothing is asked for, an API by its
 * audience, or the admin API by its scope.
 */
import { errors, type KoaContextWithOIDC, type Client as LibraryClient, type ResourceServer } from 'oidc-provider'
import type { ApiStore } from '../apis/api.ts'
import type { Entitlement } from '../tokens/accept.ts'
import { adminScopes, openidScopes } from '../tokens/scopes.ts'
import { brokerMetadataOf } from './client-records.ts'

/** Stands for "no API in particular": the audience is then the client's own id. */
export const ownClient = 'urn:gatehouse:client'

interface Needs {
  readonly apis: Pick<ApiStore, 'byAudience'>
  readonly entitlement: Pick<Entitlement, 'mayAskFor'>
  /** `{issuer}/admin/api` */
  readonly adminAudience: string
  /** Seconds. */
  readonly accessTokenLifetime: number
}

export function createResources({ apis, entitlement, adminAudience, accessTokenLifetime }: Needs) {
  const wantsAdmin = (ctx: KoaContextWithOIDC): boolean => {
    const scope = ctx.oidc.params?.scope
    return typeof scope === 'string' && scope.split(' ').some((name) => adminScopes.some((admin) => admin === name))
  }

  const server = (audience: string, scopes: readonly string[]): ResourceServer =>
    ({
      audience,
      scope: scopes.join(' '),
      accessTokenFormat: 'jwt',
      accessTokenTTL: accessTokenLifetime,
      jwt: { sign: { alg: 'RS256' } },
    }) as ResourceServer

  /** Of the client itself or of an API; `undefined`: it is not for this client. */
  async function plainAudience(resource: string, clientId: string): Promise<string | undefined> {
    if (resource === ownClient) return clientId
    const api = await apis.byAudience(resource)
    return api && (await entitlement.mayAskFor(api, clientId)) ? resource : undefined
  }

  /** A server of these scopes, to whoever asks for one of them at least, or for none in particular. */
  function serverFor({ oidc }: KoaContextWithOIDC, audience: string, scopes: readonly string[]): ResourceServer {
    const { scope } = oidc.params ?? {}
    const asked = typeof scope === 'string' ? scope.split(' ') : undefined
    // Signing in is for something. A machine need not name a scope, and has none then.
    if (asked ? !asked.some((name) => scopes.includes(name)) : oidc.route === 'authorization')
      throw new errors.InvalidScope('no scope is asked for that the client could have', asked?.join(' ') ?? 'openid')
    return server(audience, scopes)
  }

  return {
    defaultResource(
      ctx: KoaContextWithOIDC,
      _client: LibraryClient,
      oneOf?: readonly string[],
    ): string | readonly string[] {
      if (oneOf) return oneOf
      return wantsAdmin(ctx) ? adminAudience : ownClient
    },

    async getResourceServerInfo(
      ctx: KoaContextWithOIDC,
      resource: string,
      client: LibraryClient,
    ): Promise<ResourceServer> {
      if (resource === adminAudience) return serverFor(ctx, adminAudience, [...openidScopes, ...entitled(client)])
      const audience = await plainAudience(resource, client.clientId)
      if (audience === undefined) throw new errors.InvalidTarget()
      return serverFor(ctx, audience, [...openidScopes, ...brokerMetadataOf(client).apiScopes])
    },

    plainAudience,
  }
}

export type Resources = ReturnType<typeof createResources>

/** A client is entitled to the admin API by name in its registered `scope`, never by default. */
function entitled(client: LibraryClient): readonly string[] {
  const registered = new Set(client.scope?.split(' '))
  const scopes = adminScopes.filter((scope) => registered.has(scope))
  if (scopes.length === 0)
    throw new errors.InvalidScope('the client is not entitled to the admin API', adminScopes.join(' '))
  return scopes
}
