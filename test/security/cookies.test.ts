import { createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Broker, startBroker } from '../../src/app.ts'
import { loadConfig } from '../../src/config/load.ts'
import { silent } from '../../src/log.ts'
import {
  administratorPassword,
  automation,
  basic,
  challengeOf,
  newVerifier,
  startTestBroker,
  type TestBroker,
  type TestClient,
} from '../support/broker.ts'
import { rene } from '../support/people.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'

describe('at an https address', () => {
  const issuer = 'https://login.example.test'
  const callback = 'https://app.example.test/callback'
  let broker: Broker
  const set: string[] = []

  beforeAll(async () => {
    const defaults = await loadConfig({}, join(import.meta.dirname, '..', '..'))
    const bootstrap = { admin: { username: 'admin', password: administratorPassword }, client: automation }
    const config = {
      ...defaults,
      issuer,
      listen: { host: '127.0.0.1', port: 0 },
      database_url: 'sqlite::memory:',
      bootstrap,
    }
    broker = await startBroker(config, [randomBytes(32)], { log: silent })
  })
  afterAll(() => broker[Symbol.asyncDispose]())

  /** As through a proxy that ends TLS; keeps every cookie that is set, and sends all of them. */
  async function ask(address: string | URL, init: RequestInit = {}) {
    const { pathname, search } = new URL(address, issuer)
    const cookie = set.map((header) => header.split(';', 1)[0]).join('; ')
    const headers = { ...init.headers, ...(cookie && { cookie }) }
    const answer = await fetch(new URL(pathname + search, broker.url), { ...init, headers, redirect: 'manual' })
    set.push(...answer.headers.getSetCookie())
    return answer
  }

  it('SEC-093 each cookie is Secure, HttpOnly, SameSite=Lax, below 4 KB, and bound to the host by its prefix', async () => {
    const grant = new URLSearchParams({ grant_type: 'client_credentials', scope: 'admin' })
    const granted = await ask('/token', { method: 'POST', body: grant, headers: basic(automation) })
    const { access_token: token } = (await granted.json()) as Record<string, string>
    const made = await ask('/admin/api/v1/clients', {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ client_name: 'App', redirect_uris: [callback] }),
    })
    const { client_id = '' } = (await made.json()) as Record<string, string>
    const query = new URLSearchParams({
      ...{ client_id, redirect_uri: callback, response_type: 'code', scope: 'openid', state: 's'.repeat(1500) },
      ...{ code_challenge: challengeOf(newVerifier()), code_challenge_method: 'S256' },
    })
    const login = (await ask(`/authorize?${query}`)).headers.get('location') ?? ''
    const page = await (await ask(login)).text()
    const csrf = /name="csrf" value="([^"]+)"/.exec(page)?.[1] ?? ''
    const body = new URLSearchParams({ csrf, username: 'admin', password: administratorPassword })
    const resume = (await ask(`${login}/source/local`, { method: 'POST', body })).headers.get('location') ?? ''
    const back = (await ask(resume)).headers.get('location') ?? ''
    expect(new URL(back).searchParams.has('code')).toBe(true)
    expect((await ask('/sessions')).status).toBe(200)
    await ask('/logout')

    const names = set.map((header) => header.slice(0, header.indexOf('=')))
    expect(names).toEqual(expect.arrayContaining(['__Host-gatehouse', '__Host-gatehouse.sig']))
    expect(new Set(names).size).toBeGreaterThanOrEqual(6)
    for (const header of set) {
      const [name = ''] = header.split('=')
      const attributes = header.toLowerCase().split('; ')
      expect(attributes, header).toEqual(expect.arrayContaining(['secure', 'httponly', 'samesite=lax']))
      expect(
        attributes.filter((attribute) => attribute.startsWith('domain=')),
        header,
      ).toEqual([])
      const wide = attributes.includes('path=/')
      expect(name, header).toMatch(wide ? /^__Host-/ : /^__Secure-/)
      expect(header.length, name).toBeLessThan(4096)
    }
  })
})

describe('whatever a browser sends as cookies', () => {
  const keys = [randomBytes(32)]
  let upstream: Upstream
  let broker: TestBroker
  let client: TestClient
  let genuine: Readonly<Record<string, string>>

  beforeAll(async () => {
    upstream = await startUpstream({ users: { rene } })
    broker = await startTestBroker({ keys })
    await broker.addSource(upstream)
    client = await broker.addClient()
    const { visitor } = await broker.login(client, { params: { idp_hint: 'Okta' } })
    const value = (name: string) => visitor.cookie(broker.issuer, name) ?? ''
    genuine = { value: value('gatehouse'), signature: value('gatehouse.sig') }
  })
  afterAll(async () => {
    await broker[Symbol.asyncDispose]()
    await upstream[Symbol.asyncDispose]()
  })

  // The same cookies at each run: a small generator (Numerical Recipes' LCG).
  let seed = 4711
  const below = (limit: number) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
    return (seed >>> 8) % limit
  }
  const one = <T>(of: readonly T[]): T => of[below(of.length)] as T
  const noise = (length: number) =>
    Array.from({ length }, () =>
      one(['a', 'Z', '0', '-', '_', '.', '%', '"', '{', '\\', ',', '=', '/', '\u00ff', ' ', '\t']),
    ).join('')

  function mutate(text: string): string {
    const at = below(text.length + 1)
    switch (below(9)) {
      case 0:
        return text.slice(0, below(text.length))
      case 1:
        return text.slice(1 + at)
      case 2:
        return text.slice(0, at) + noise(1 + below(4)) + text.slice(at)
      case 3:
        return text + text
      case 4:
        return text.toUpperCase() === text ? text.toLowerCase() : text.toUpperCase()
      case 5:
        return `'${text}'`
      case 6:
        return encodeURIComponent(`${text}\0`)
      case 7:
        return [...text].reverse().join('')
      default:
        return noise(below(60))
    }
  }

  const strange = [
    '',
    '0',
    'null',
    '{}',
    '[]',
    '%',
    '%00',
    '__proto__',
    '../../etc/passwd',
    "' OR 1=1 --",
    'j:{"a":1}',
    '*',
    'x'.repeat(3000),
  ]
  const names = [
    'gatehouse',
    'gatehouse.sig',
    'gatehouse_interaction',
    'gatehouse_interaction.sig',
    'gatehouse_resume',
    'gatehouse_resume.sig',
    'gatehouse_outcome',
    'gatehouse_restart',
    'gatehouse_left_from',
    'gatehouse_last_source',
    '__proto__',
    'constructor',
  ]

  function cookieHeader(): string {
    const { value = '', signature = '' } = genuine
    switch (below(5)) {
      case 0:
        return `gatehouse=${mutate(value)}; gatehouse.sig=${signature}`
      case 1:
        return `gatehouse=${value}; gatehouse.sig=${mutate(signature)}x`
      case 2:
        return `gatehouse=${one(strange)}; gatehouse.sig=${one([signature, ...strange])}`
      case 3:
        return noise(below(200))
      default:
        return Array.from(
          { length: 1 + below(6) },
          () => `${one(names)}=${one([mutate(value), one(strange), noise(20)])}`,
        ).join(one(['; ', ';', ';;', ', ']))
    }
  }

  /** Where a browser's cookie matters, and what the answer is to somebody whom it does not name. */
  const places = (): readonly (readonly [string, RequestInit, readonly number[]])[] => {
    const silent = broker.authorizationUrl(client, { prompt: 'none' }).url
    const asking = broker.authorizationUrl(client).url
    const form = new URLSearchParams({ csrf: 'x', xsrf: 'x', session: 'x', logout: 'yes', decision: 'allow' })
    const post = { method: 'POST', body: form }
    return [
      [silent.href, {}, [303]],
      [asking.href, {}, [303]],
      ['/sessions', {}, [403]],
      ['/sessions/end', post, [403]],
      ['/sessions/end-others', post, [403]],
      ['/sessions/withdraw', post, [403]],
      ['/logout', {}, [303]],
      ['/logout/confirm', post, [303]],
      ['/login/some-interaction', {}, [400]],
      ['/login/some-interaction/consent', post, [303, 400]],
      ['/login/some-interaction/source/local', post, [303, 400]],
      ['/login/some-interaction/arrive?state=x&code=y', {}, [400]],
      ['/authorize/some-interaction', {}, [303, 400]],
      ['/broker/Okta/callback?state=x&code=y', {}, [400]],
      ['/userinfo', {}, [400, 401]],
      ['/admin/api/v1/users', {}, [401]],
    ]
  }

  it('SEC-093 thousands of malformed, truncated and foreign ones on every endpoint are nobody’s, and nothing breaks', {
    timeout: 120_000,
  }, async () => {
    const found: string[] = []
    const attempts = places().flatMap((place) => Array.from({ length: 150 }, () => [place, cookieHeader()] as const))
    expect(attempts.length).toBeGreaterThan(2000)
    async function worker() {
      for (let next = attempts.pop(); next; next = attempts.pop()) {
        const [[address, init, expected], cookie] = next
        const answer = await fetch(new URL(address, broker.issuer), {
          ...init,
          headers: { cookie },
          redirect: 'manual',
        })
        await answer.body?.cancel()
        const { searchParams } = new URL(answer.headers.get('location') ?? '/', broker.issuer)
        if (!expected.includes(answer.status) || searchParams.has('code'))
          found.push(`${address} ${answer.status} ${cookie}`)
      }
    }
    await Promise.all(Array.from({ length: 16 }, worker))
    expect(found.slice(0, 9).map((line) => line.slice(0, 300))).toEqual([])
  })

  it('SEC-093 a cookie that is signed as ours, but names what is no session, is nobody’s', async () => {
    const key = Buffer.from(hkdfSync('sha256', keys[0] ?? '', '', 'gatehouse cookies', 32)).toString('base64url')
    const sign = (value: string) => createHmac('sha1', key).update(`gatehouse=${value}`).digest('base64url')
    // The signature is made as the server makes it: the genuine one comes out the same.
    expect(sign(genuine.value ?? '')).toBe(genuine.signature)
    for (const value of [...strange.filter((text) => /^[\w-]*$/.test(text)), 'A'.repeat(43), `${genuine.value}A`]) {
      const cookie = `gatehouse=${value}; gatehouse.sig=${sign(value)}`
      const answer = await fetch(`${broker.issuer}/sessions`, { headers: { cookie } })
      expect(answer.status, cookie).toBe(403)
      const { url } = broker.authorizationUrl(client, { prompt: 'none' })
      const silent = await fetch(url, { headers: { cookie }, redirect: 'manual' })
      expect(silent.headers.get('location'), cookie).toContain('error=login_required')
    }
  })
})
