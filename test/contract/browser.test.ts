/** What only a real browser can show: an application that lives on a page of another origin, and what may talk to us from there. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchBrowser } from '../support/chromium.ts'
import { type Gatehouse, type Json, startGatehouse } from './gatehouse.ts'

const password = 'a-password-of-lisa'
let gatehouse: Gatehouse
let browser: Browser
let server: Server
/** Two origins of one server. */
let registered: string
let stranger: string

/** An application without a server: code and PKCE by fetch and nothing else. */
const singlePage = `<!doctype html><title>Single page</title><script type="module">
const base64url = (bytes) => btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
const ask = async (url, form, headers) => {
  const response = await fetch(url, form ? { method: 'POST', body: new URLSearchParams(form) } : { headers })
  return response.headers.get('content-type')?.includes('json') ? response.json() : response.status
}
const redirect_uri = location.origin + '/'
window.begin = async (issuer, client_id) => {
  const provider = await ask(issuer + '/.well-known/openid-configuration')
  const code_verifier = base64url(crypto.getRandomValues(new Uint8Array(32)))
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(code_verifier))
  sessionStorage.setItem('login', JSON.stringify({ client_id, code_verifier, provider }))
  location.href = provider.authorization_endpoint + '?' + new URLSearchParams({
    client_id, redirect_uri, response_type: 'code', scope: 'openid profile',
    code_challenge: base64url(new Uint8Array(digest)), code_challenge_method: 'S256' })
}
window.finish = async () => {
  const { client_id, code_verifier, provider } = JSON.parse(sessionStorage.getItem('login'))
  const code = new URLSearchParams(location.search).get('code')
  const tokens = await ask(provider.token_endpoint,
    { grant_type: 'authorization_code', code, client_id, redirect_uri, code_verifier })
  const keys = await ask(provider.jwks_uri)
  const person = await ask(provider.userinfo_endpoint, undefined, { authorization: 'Bearer ' + tokens.access_token })
  const next = await ask(provider.token_endpoint,
    { grant_type: 'refresh_token', refresh_token: tokens.refresh_token, client_id })
  const revoked = await ask(provider.revocation_endpoint, { token: next.refresh_token, client_id })
  return { keys: keys.keys.length, person, next, revoked }
}
</script>`

beforeAll(async () => {
  server = createServer((_, response) => response.setHeader('content-type', 'text/html').end(singlePage))
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  registered = `http://localhost:${port}`
  stranger = `http://127.0.0.1:${port}`
  const [started, launched] = await Promise.all([startGatehouse(), launchBrowser()])
  gatehouse = started
  browser = launched
  await gatehouse.admin('POST', 'users', { username: 'lisa', password, name: 'Lisa' })
  await gatehouse.admin('POST', 'authentication-sources', {
    ...{ alias: 'Okta', name: 'Corporate Okta', type: 'oidc' },
    config: { issuer: 'https://acme.okta.com', client_id: 'x', client_secret: 'y' },
  })
})
afterAll(async () => {
  await browser?.close()
  server?.closeAllConnections()
  server?.close()
  await gatehouse?.stop()
})

async function registerAt(origin: string): Promise<string> {
  const { status, body } = await gatehouse.admin('POST', 'clients', {
    ...{ client_name: 'Single page', token_endpoint_auth_method: 'none' },
    ...{ redirect_uris: [`${origin}/`], web_origins: [registered] },
  })
  expect(status, JSON.stringify(body)).toBe(201)
  expect(body).not.toHaveProperty('client_secret')
  return String(body.client_id)
}

interface SinglePage {
  begin(issuer: string, clientId: string): Promise<void>
  finish(): Promise<{ keys: number; person: Json; next: Json; revoked: unknown }>
}

async function signIn(tab: Page, origin: string): Promise<void> {
  const client = await registerAt(origin)
  await tab.goto(origin)
  await tab.evaluate(
    ([issuer = '', id = '']) => (globalThis as unknown as SinglePage).begin(issuer, id),
    [gatehouse.issuer, client],
  )
  await tab.waitForSelector('#source-Okta')
  await tab.click('#source-local')
  await tab.fill('#username', 'lisa')
  await tab.fill('#password', password)
  await tab.click('#submit')
  await tab.waitForURL(`${origin}/?*code=*`)
}

const finish = (tab: Page) => tab.evaluate(() => (globalThis as unknown as SinglePage).finish())

describe('a single-page application in a browser', () => {
  it('signs in, reads keys and userinfo, refreshes and revokes from its registered origin', async () => {
    const tab = await browser.newPage()
    await signIn(tab, registered)
    expect(await finish(tab)).toMatchObject({
      keys: expect.any(Number),
      person: { name: 'Lisa' },
      next: { access_token: expect.any(String), refresh_token: expect.any(String) },
      revoked: 200,
    })

    for (const [button, isSignedOut] of [
      ['#logout-no', false],
      ['#logout-yes', true],
    ] as const) {
      await tab.goto(`${gatehouse.issuer}/logout`)
      await tab.click(button)
      await tab.waitForURL('**/logout/*')
      await tab.goto(`${gatehouse.issuer}/logout`)
      expect(await tab.locator('#logout-yes').count()).toBe(isSignedOut ? 0 : 1)
    }
    await tab.close()
  })

  it('gets no token from an origin that is not registered', async () => {
    const tab = await browser.newPage()
    await signIn(tab, stranger)
    await expect(finish(tab)).rejects.toThrow('Failed to fetch')
    await tab.close()
  })
})

describe('the answer to a preflight', () => {
  const allowed = async (path: string, origin: string) => {
    const headers = {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization',
    }
    const response = await fetch(gatehouse.issuer + path, { method: 'OPTIONS', headers })
    return response.headers.get('access-control-allow-origin')
  }

  it('lets registered origins ask for tokens, everybody read what is public, and nobody at the admin API', async () => {
    await registerAt(registered)
    for (const path of ['/token', '/userinfo', '/revoke'])
      expect([await allowed(path, registered), await allowed(path, stranger)]).toEqual([registered, null])
    for (const path of ['/jwks', '/.well-known/openid-configuration']) expect(await allowed(path, stranger)).toBe('*')
    expect(await allowed('/admin/api/v1/clients', registered)).toBeNull()
  })
})
