/** The metadata (OpenID Connect Discovery 1.0, RFC 8414), and an issuer with a path from end to end. */
import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { basic, type Json, startTestBroker, type TestBroker, type Tokens } from '../support/broker.ts'
import { rene } from '../support/people.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { createVisitor } from '../support/visitor.ts'

let upstream: Upstream
let broker: TestBroker
let below: TestBroker

beforeAll(async () => {
  upstream = await startUpstream({ users: { rene } })
  broker = await startTestBroker()
  below = await startTestBroker({ path: '/auth' })
})
afterAll(async () => {
  await broker?.[Symbol.asyncDispose]()
  await below?.[Symbol.asyncDispose]()
  await upstream?.stop()
})

/** fetch would set the host itself. */
function get(url: string, headers: Record<string, string>): Promise<{ status: number; text: string }> {
  const { hostname, port, pathname } = new URL(url)
  return new Promise((resolve, reject) => {
    request({ hostname, port, path: pathname, headers }, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk) => chunks.push(chunk))
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString() }))
    })
      .on('error', reject)
      .end()
  })
}

describe('the metadata', () => {
  it('says the same at both addresses, and names the issuer of the configuration whatever the host says', async () => {
    const plain = await (await fetch(`${broker.issuer}/.well-known/openid-configuration`)).text()
    const metadata = JSON.parse(plain) as Json
    expect(metadata.issuer).toBe(broker.issuer)
    for (const [name, value] of Object.entries(metadata))
      if (name.endsWith('_endpoint') || name.endsWith('_uri')) expect(String(value)).toMatch(`${broker.issuer}/`)
    const spoofs: Record<string, string>[] = [
      {},
      { host: 'attacker.example' },
      { 'x-forwarded-host': 'attacker.example', 'x-forwarded-proto': 'https', 'x-forwarded-port': '1' },
      { forwarded: 'host=attacker.example;proto=https' },
      { 'x-original-host': 'attacker.example', 'x-forwarded-prefix': '/evil' },
    ]
    for (const path of ['openid-configuration', 'oauth-authorization-server'])
      for (const headers of spoofs) {
        const answer = await get(`${broker.issuer}/.well-known/${path}`, headers)
        expect(answer, JSON.stringify(headers)).toEqual({ status: 200, text: plain })
      }
  })

  it('announces what is there and no more', async () => {
    const metadata = (await (await fetch(`${broker.issuer}/.well-known/openid-configuration`)).json()) as Json
    expect(metadata).toMatchObject({
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
      code_challenge_methods_supported: ['S256'],
      authorization_response_iss_parameter_supported: true,
    })
    for (const endpoint of ['token', 'introspection', 'revocation']) {
      const methods = metadata[`${endpoint}_endpoint_auth_methods_supported`] as string[]
      expect([...methods].sort()).toEqual(['client_secret_basic', 'client_secret_post', 'none', 'private_key_jwt'])
      const algorithms = metadata[`${endpoint}_endpoint_auth_signing_alg_values_supported`]
      expect(algorithms, endpoint).toEqual(['RS256', 'PS256', 'ES256', 'EdDSA'])
    }
    expect(metadata, 'no proxy may tell of certificates').not.toHaveProperty(
      'tls_client_certificate_bound_access_tokens',
    )
  })

  it('announces the languages of the pages, and each prompt', async () => {
    const metadata = (await (await fetch(`${broker.issuer}/.well-known/openid-configuration`)).json()) as Json
    const client = await broker.addClient()
    const ask = (params: Record<string, string>) => createVisitor().request(broker.authorizationUrl(client, params).url)
    const languages = metadata.ui_locales_supported as string[]
    expect(languages).toEqual(['en', 'de'])
    for (const ui_locales of languages) {
      const visitor = createVisitor()
      const { url } = broker.authorizationUrl(client, { ui_locales })
      const page = await visitor.request(await visitor.travel(url, ({ pathname }) => pathname.startsWith('/login/')))
      expect(await page.text()).toContain(`<html lang="${ui_locales}"`)
    }
    const prompts = metadata.prompt_values_supported as string[]
    expect(prompts).toEqual(['none', 'login', 'consent', 'select_account'])
    for (const prompt of prompts) {
      const answer = await ask({ prompt })
      const told = new URL(answer.headers.get('location') ?? '', broker.issuer).searchParams.get('error')
      expect(told, prompt).toBe(prompt === 'none' ? 'login_required' : null)
    }
  })
})

describe('an issuer with a path', () => {
  it('has its metadata behind the path, and before it as RFC 8414 §3 asks', async () => {
    const { origin } = new URL(below.issuer)
    const behind = await (await fetch(`${below.issuer}/.well-known/openid-configuration`)).json()
    expect(behind).toMatchObject({ issuer: below.issuer, token_endpoint: `${below.issuer}/token` })
    for (const name of ['oauth-authorization-server', 'openid-configuration']) {
      const before = await fetch(`${origin}/.well-known/${name}/auth`)
      expect(before.status, name).toBe(200)
      expect(await before.json(), name).toEqual(behind)
      expect((await fetch(`${origin}/.well-known/${name}`)).status, 'nobody is the issuer without the path').toBe(404)
    }
  })

  it('works from end to end', async () => {
    await below.addSource(upstream)
    const client = await below.addClient()
    const visitor = createVisitor()
    const { tokens, access } = await below.login(client, { visitor, params: { idp_hint: 'Okta' } })
    expect(access).toMatchObject({ iss: below.issuer, aud: client.id })
    expect((await below.introspect(client, tokens.access_token)).body.active).toBe(true)
    expect((await below.userinfo(tokens.access_token)).status).toBe(200)
    const refreshed = await below.refresh(client, tokens.refresh_token)
    expect(refreshed.status).toBe(200)
    const sso = await below.authorize(visitor, client, { prompt: 'none' })
    expect(sso.answer).toMatchObject({ iss: below.issuer, code: expect.any(String) })
    const next = (await refreshed.json()) as Tokens
    expect((await below.post('/revoke', { token: next.refresh_token }, basic(client))).status).toBe(200)
    expect((await below.introspect(client, next.access_token)).body).toEqual({ active: false })
  })

  it('answers an authorization request that was posted with a redirect to the same as a GET', async () => {
    const client = await below.addClient()
    const { url } = below.authorizationUrl(client)
    const answer = await fetch(`${below.issuer}/authorize`, {
      method: 'POST',
      body: url.searchParams,
      redirect: 'manual',
    })
    expect(answer.status).toBe(303)
    const location = new URL(answer.headers.get('location') ?? '', below.issuer)
    expect(location.href).toBe(url.href)
  })
})
