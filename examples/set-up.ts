/**
 * What an administrator does once, done through the admin API: connect Okta, and register the web application.
 * Doing it again changes nothing.
 */
import * as oidc from 'openid-client'
import { z } from 'zod'

interface Wishes {
  readonly broker: URL
  /** May use the admin API: a client with the scope `admin`. */
  readonly administrator: { readonly id: string; readonly secret: string }
  readonly okta: { readonly issuer: URL; readonly clientId: string; readonly clientSecret: string }
  readonly webApp: { readonly clientId: string; readonly clientSecret: string; readonly url: URL }
}

export async function setUp({ broker, administrator, okta, webApp }: Wishes): Promise<void> {
  const authentication = oidc.ClientSecretBasic(administrator.secret)
  const config = await oidc.discovery(broker, administrator.id, undefined, authentication, {
    execute: [oidc.allowInsecureRequests],
  })
  const { access_token: token } = await oidc.clientCredentialsGrant(config, { scope: 'admin' })

  async function call(method: 'GET' | 'POST' | 'PUT', path: string, body?: object): Promise<unknown> {
    const answer = await fetch(new URL(`/admin/api/v1/${path}`, broker), {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    })
    if (answer.status === 404) return undefined
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
    return answer.json()
  }

  const source = oktaSource(okta)
  const sources = Sources.parse(await call('GET', `authentication-sources?q=${source.alias}`))
  const known = sources.items.find(({ alias }) => alias === source.alias)
  if (known) await call('PUT', `authentication-sources/${known.id}`, source)
  else await call('POST', 'authentication-sources', source)

  const client = webAppClient(webApp, source.alias)
  const path = `clients/${encodeURIComponent(client.client_id)}`
  if (await call('GET', path)) await call('PUT', path, client)
  else await call('POST', 'clients', client)
}

const Sources = z.object({ items: z.array(z.object({ id: z.string(), alias: z.string() })) })

const oktaSource = ({ issuer, clientId, clientSecret }: Wishes['okta']) => ({
  alias: 'Okta',
  name: 'Okta',
  description: 'Staff and consultants. In this demo a stand-in plays its part.',
  type: 'oidc',
  config: {
    issuer: issuer.origin,
    client_id: clientId,
    client_secret: clientSecret,
    scopes: ['openid', 'profile', 'email', 'groups'],
    // The stand-in runs on this machine.
    allow_private_addresses: true,
  },
  mapping: {
    attributes: {
      name: 'name',
      given_name: 'given_name',
      family_name: 'family_name',
      preferred_username: 'preferred_username',
      email: 'email',
    },
    groups: { claim: 'groups', filter: '.*' },
    roles: [
      { when_group: 'Consultant', role: 'consultant' },
      { when_group: 'Staff', role: 'staff' },
      { role: 'uma_authorization' },
      { role: 'read-token', client: 'broker' },
      { role: 'manage-account', client: 'account' },
      { role: 'view-profile', client: 'account' },
    ],
  },
})

const webAppClient = ({ clientId, clientSecret, url }: Wishes['webApp'], source: string) => ({
  client_id: clientId,
  client_secret: clientSecret,
  client_name: 'Patient App',
  redirect_uris: [new URL('/callback', url).href],
  post_logout_redirect_uris: [new URL('/signed-out', url).href],
  grant_types: ['authorization_code', 'refresh_token'],
  token_endpoint_auth_method: 'client_secret_basic',
  first_party: true,
  allowed_sources: [source],
})
