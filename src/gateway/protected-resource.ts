import type { Api } from '../apis/api.ts'
import type { Connector } from '../connector.ts'
import type { Source } from '../sources/source.ts'
import { dpopAlgorithms } from '../tokens/possession/dpop-proof.ts'
import type { ListedSources } from './listed-sources.ts'

export const metadataAddress = (issuer: string, { slug }: Pick<Api, 'slug'>): string =>
  `${issuer}/.well-known/oauth-protected-resource/${slug}`

/** By what clients name the API (RFC 8707): its audience, or where it is. `undefined`: it has neither. */
function resourceOf({ audience, hosts, pathPrefix }: Api): string | undefined {
  const [host] = hosts
  if (audience !== null || host === undefined) return audience ?? undefined
  return `https://${host}${pathPrefix === '/' ? '' : pathPrefix}`
}

/** RFC 9728 §2: how to get a token for the API. `undefined`: nobody can be told where it is. */
export type ProtectedResource = (api: Api) => Promise<Readonly<Record<string, unknown>> | undefined>

interface Needs {
  readonly issuer: string
  readonly listedSources: ListedSources
  readonly connector: (source: Source) => Connector
}

export function createProtectedResource({ issuer, listedSources, connector }: Needs): ProtectedResource {
  /** Ours, unless the API takes nothing but tokens of others. */
  async function issuersOf(api: Api): Promise<readonly string[]> {
    const open = (await listedSources.of(api)).filter((listed) => !listedSources.closed(listed))
    const issuers = open.map(({ source }) => {
      const its = connector(source)
      return its.kind === 'presented' ? its.issuer : issuer
    })
    const known = issuers.filter((one) => one !== undefined)
    return known.length > 0 ? [...new Set(known)] : [issuer]
  }

  return async (api) => {
    const resource = resourceOf(api)
    if (resource === undefined) return undefined
    const { required_scopes: scopes, sender_constraint: bound } = api.rules
    return {
      resource,
      resource_name: api.name,
      authorization_servers: await issuersOf(api),
      bearer_methods_supported: ['header'],
      ...(scopes.length > 0 && { scopes_supported: scopes }),
      dpop_signing_alg_values_supported: dpopAlgorithms,
      ...(bound === 'dpop' && { dpop_bound_access_tokens_required: true }),
      ...(bound === 'mtls' && { tls_client_certificate_bound_access_tokens: true }),
    }
  }
}
