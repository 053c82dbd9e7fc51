import type { Api } from '../apis/api.ts'

export const metadataAddress = (issuer: string, { slug }: Pick<Api, 'slug'>): string =>
  `${issuer}/.well-known/oauth-protected-resource/${slug}`

/** By what clients name the API (RFC 8707): its audience, or where it is. `undefined`: it has neither. */
function resourceOf({ audience, hosts, pathPrefix }: Api): string | undefined {
  const [host] = hosts
  if (audience !== null || host === undefined) return audience ?? undefined
  return `https://${host}${pathPrefix === '/' ? '' : pathPrefix}`
}

/** RFC 9728 §2: how to get a token for the API. `undefined`: nobody can be told where it is. */
export function protectedResource(issuer: string, api: Api): Readonly<Record<string, unknown>> | undefined {
  const resource = resourceOf(api)
  if (resource === undefined) return undefined
  const scopes = api.rules.required_scopes
  return {
    resource,
    resource_name: api.name,
    authorization_servers: [issuer],
    bearer_methods_supported: ['header'],
    ...(scopes.length > 0 && { scopes_supported: scopes }),
  }
}
