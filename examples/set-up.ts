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
  readonly webApp: { readonly clientId: string; readonly url: URL }
}

/** Answers the web application's secret when it was made just now: that is the one time it is told. */
export async function setUp({ broker, administrator, okta, webApp }: Wishes): Promise<string | undefined> {
  const config = await oidc.discovery(
    broker,
    administrator.id,
    undefined,
    oidc.ClientSecretBasic(administrator.secret),
    {
      execute: [oidc.allowInsecureRequests],
    },
  )
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

  const source = {
    alias: 'Okta',
    name: 'Okta',
    description: 'Staff and consultants. In this demo a stand-in plays its part.',
    type: 'oidc',
    config: {
      issuer: okta.issuer.origin,
      client_id: okta.clientId,
      client_secret: okta.clientSecret,
      scopes: ['openid', 'profile', 'email', 'groups'],
      allow_private_addresses: true,
    },
    mapping: {
      attributes: Object.fromEntries(
        ['name', 'given_name', 'family_name', 'preferred_username', 'email'].map((claim) => [claim, claim]),
      ),
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
  }
  const { items } = z
    .object({ items: z.array(Source) })
    .parse(await call('GET', `authentication-sources?q=${source.alias}`))
  const present = items.find(({ alias }) => alias === source.alias)
  const { id } = Source.parse(
    present
      ? await call('PUT', `authentication-sources/${present.id}`, source)
      : await call('POST', 'authentication-sources', source),
  )

  const client = {
    client_id: webApp.clientId,
    client_name: 'Patient App',
    redirect_uris: [new URL('/callback', webApp.url).href],
    post_logout_redirect_uris: [new URL('/signed-out', webApp.url).href],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'client_secret_basic',
    first_party: true,
    allowed_sources: [id],
  }
  const path = `clients/${encodeURIComponent(client.client_id)}`
  if (await call('GET', path)) {
    await call('PUT', path, client)
    return undefined
  }
  return z.object({ client_secret: z.string() }).parse(await call('POST', 'clients', client)).client_secret
}

const Source = z.object({ id: z.string(), alias: z.string() })
