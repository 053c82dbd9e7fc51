/** What an administrator and an application do with a broker, wherever it runs. */
import { createHash, randomBytes } from 'node:crypto'
import { decodeJwt } from 'jose'
import { expect } from 'vitest'
import type { Upstream } from './upstream.ts'
import { createVisitor, type Visitor } from './visitor.ts'

export type Json = Record<string, unknown>

export interface TestClient {
  readonly id: string
  readonly secret: string
  readonly redirectUri: string
}

export interface Tokens {
  readonly access_token: string
  readonly id_token: string
  readonly refresh_token: string
  readonly scope: string
  readonly expires_in: number
}

export type Hands = ReturnType<typeof createHands>

/** @param automationClient may have tokens for the admin API. */
export function createHands(issuer: string, automationClient: Pick<TestClient, 'id' | 'secret'>) {
  const post = (
    address: string,
    form: Readonly<Record<string, string>>,
    headers: Readonly<Record<string, string>> = {},
  ) => fetch(issuer + address, { method: 'POST', body: new URLSearchParams(form), headers })

  async function adminToken(): Promise<string> {
    const answer = await post('/token', { grant_type: 'client_credentials', scope: 'admin' }, basic(automationClient))
    expect(answer.status).toBe(200)
    return ((await answer.json()) as Tokens).access_token
  }

  /** One request to the admin API, by the bootstrap client. */
  async function admin(method: string, address: string, body?: Json, headers: Readonly<Record<string, string>> = {}) {
    const answer = await fetch(`${issuer}/admin/api/v1/${address}`, {
      method,
      headers: {
        authorization: `Bearer ${await adminToken()}`,
        ...(body && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body && { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    return {
      status: answer.status,
      headers: answer.headers,
      body: (text ? JSON.parse(text) : {}) as Json & { id: string },
    }
  }

  async function created(address: string, body: Json): Promise<Json & { id: string }> {
    const answer = await admin('POST', address, body)
    expect(answer.body, `POST ${address}`).toMatchObject({})
    if (answer.status !== 201)
      throw new Error(`POST ${address} answered ${answer.status}: ${JSON.stringify(answer.body)}`)
    return answer.body
  }

  /** A source that brokers to the upstream, its addresses registered over there. */
  async function addSource(upstream: Upstream, more: Json = {}): Promise<Json & { id: string }> {
    const source = await created('authentication-sources', {
      alias: 'Okta',
      name: 'Corporate Okta',
      type: 'oidc',
      ...more,
      config: {
        ...upstream.config,
        allow_private_addresses: true,
        scopes: ['openid', 'profile', 'email', 'groups'],
        ...(more.config as Json),
      },
    })
    upstream.register({ callbackUrls: [String(source.callback_url)], logoutUrls: [String(source.post_logout_url)] })
    return source
  }

  async function addClient(more: Json = {}): Promise<TestClient> {
    const client = await created('clients', {
      client_name: 'Patient App',
      redirect_uris: ['https://app.example/callback'],
      post_logout_redirect_uris: ['https://app.example/bye'],
      ...more,
    })
    return {
      id: String(client.client_id),
      secret: typeof client.client_secret === 'string' ? client.client_secret : '',
      redirectUri: (client.redirect_uris as string[])[0] ?? '',
    }
  }

  const authorizationUrl = (
    client: TestClient,
    params: Readonly<Record<string, string>> = {},
    verifier = newVerifier(),
  ) => {
    const url = new URL(`${issuer}/authorize`)
    url.search = new URLSearchParams({
      client_id: client.id,
      redirect_uri: client.redirectUri,
      response_type: 'code',
      scope: 'openid profile email groups',
      state: 'the-state',
      nonce: 'the-nonce',
      code_challenge: challengeOf(verifier),
      code_challenge_method: 'S256',
      ...params,
    }).toString()
    return { url, verifier }
  }

  /** Goes through a sign-in until the application's callback. */
  async function authorize(visitor: Visitor, client: TestClient, params: Readonly<Record<string, string>> = {}) {
    const { url, verifier } = authorizationUrl(client, params)
    const arrived = await visitor.travel(url, ({ href }) => href.startsWith(client.redirectUri))
    return { verifier, answer: Object.fromEntries(arrived.searchParams) as Record<string, string> }
  }

  const redeem = (client: TestClient, code: string, verifier: string, more: Readonly<Record<string, string>> = {}) =>
    post(
      '/token',
      { grant_type: 'authorization_code', code, redirect_uri: client.redirectUri, code_verifier: verifier, ...more },
      basic(client),
    )

  async function login(
    client: TestClient,
    { visitor = createVisitor(), params = {} }: { visitor?: Visitor; params?: Readonly<Record<string, string>> } = {},
  ) {
    const { verifier, answer } = await authorize(visitor, client, params)
    if (!answer.code) throw new Error(`No code but ${JSON.stringify(answer)}`)
    const response = await redeem(client, answer.code, verifier)
    const tokens = (await response.json()) as Tokens
    if (response.status !== 200)
      throw new Error(`The token endpoint answered ${response.status}: ${JSON.stringify(tokens)}`)
    return {
      visitor,
      tokens,
      access: decodeJwt(tokens.access_token),
      id: tokens.id_token ? decodeJwt(tokens.id_token) : {},
    }
  }

  const refresh = (client: TestClient, token: string, more: Readonly<Record<string, string>> = {}) =>
    post('/token', { grant_type: 'refresh_token', refresh_token: token, ...more }, basic(client))

  const introspect = async (client: Pick<TestClient, 'id' | 'secret'>, token: string) => {
    const answer = await post('/introspect', { token }, basic(client))
    return { status: answer.status, body: (await answer.json()) as Json }
  }

  const userinfo = (token: string) => fetch(`${issuer}/userinfo`, { headers: { authorization: `Bearer ${token}` } })

  return {
    issuer,
    post,
    admin,
    created,
    adminToken,
    addSource,
    addClient,
    authorizationUrl,
    authorize,
    redeem,
    login,
    refresh,
    introspect,
    userinfo,
  }
}

/** HTTP Basic as RFC 6749 §2.3.1 has it: both parts form-encoded. */
export const basic = ({ id, secret }: { readonly id: string; readonly secret: string }) => ({
  authorization: `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`,
})

export const newVerifier = () => randomBytes(32).toString('base64url')
export const challengeOf = (verifier: string) => createHash('sha256').update(verifier).digest('base64url')
