import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import { decodeJwt } from 'jose'
import * as oidc from 'openid-client'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Demo, startDemo } from '../../examples/start-demo.ts'
import { launchBrowser } from '../support/chromium.ts'

const anyPorts = { broker: 0, okta: 0, app: 0, api: 0 }
const number = '987-65-4320'

let folder: string
let demo: Demo
let browser: Browser

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-story-'))
  const starting = startDemo({ ports: anyPorts, folder })
  browser = await launchBrowser()
  demo = await starting
}, 90_000)

afterAll(async () => {
  await browser?.close()
  await demo?.[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

async function withPage<T>(options: BrowserContextOptions, walk: (page: Page) => Promise<T>): Promise<T> {
  const context = await browser.newContext(options)
  try {
    return await walk(await context.newPage())
  } finally {
    await context.close()
  }
}

/** At the stand-in's login page: the broker sent the browser straight there. */
async function proveAtOkta(page: Page, username: string): Promise<void> {
  expect(new URL(page.url()).origin).toBe(demo.okta.origin)
  await page.fill('#username', username)
  await page.fill('#password', username)
  await page.click('#submit')
}

const text = (page: Page, selector: string) => page.locator(selector).textContent()

describe.each([
  ['with scripts', { javaScriptEnabled: true }],
  ['with JavaScript disabled', { javaScriptEnabled: false }],
])('In a browser %s', (_kind, options) => {
  it('Rene sees the number hidden, signs out everywhere, and John sees it', async () => {
    await withPage(options, async (page) => {
      await page.goto(demo.app.href)
      await page.click('#sign-in')
      await proveAtOkta(page, 'rene')
      await page.waitForURL(demo.app.href)
      expect(await text(page, '#person')).toBe('Rene Klomp')
      expect(await text(page, '#claim-name')).toBe('Rene Klomp')
      expect(await text(page, '#claim-iss')).toBe(demo.broker.origin)
      expect(await text(page, '#claim-aud')).toBe(demo.client.id)
      expect(await text(page, '#patient-name')).toBe('Ada Fischer')
      expect(await text(page, '#ssn')).toBe('#########')
      expect(await page.content()).not.toContain(number)

      await page.click('#sign-out')
      await page.waitForURL(new URL('/signed-out', demo.app).href)
      await page.goto(demo.app.href)
      expect(await page.locator('#person').count()).toBe(0)

      // Nobody is known any more, here, at the broker or at Okta: John is asked who he is.
      await page.click('#sign-in')
      await proveAtOkta(page, 'john')
      await page.waitForURL(demo.app.href)
      expect(await text(page, '#person')).toBe('John Vermeer')
      expect(await text(page, '#ssn')).toBe(number)
    })
  })
})

describe('The browser', () => {
  it.each([
    ['application', () => demo.app],
    ['stand-in', () => demo.okta],
  ])('is told in a page that there is nothing at an address of the %s', async (_, origin) => {
    await withPage({}, async (page) => {
      const answer = await page.goto(new URL('/nowhere', origin()).href)
      expect(answer?.status()).toBe(404)
      const { violations } = await new AxeBuilder({ page }).analyze()
      expect(violations.map(({ id }) => id)).toEqual([])
    })
  })

  it('signs in again without a question while the session at the broker lasts', async () => {
    await withPage({}, async (page) => {
      await page.goto(new URL('/login', demo.app).href)
      await proveAtOkta(page, 'rene')
      await page.waitForURL(demo.app.href)
      await page.context().clearCookies({ name: 'patient_app' })
      await page.goto(demo.app.href)
      await page.click('#sign-in')
      await page.waitForURL(demo.app.href)
      expect(await text(page, '#person')).toBe('Rene Klomp')
    })
  })

  it('gets no token to keep: neither in a cookie nor in the page', async () => {
    await withPage({}, async (page) => {
      await page.goto(new URL('/login', demo.app).href)
      await proveAtOkta(page, 'rene')
      await page.waitForURL(demo.app.href)
      const cookies = await page.context().cookies(demo.app.href)
      expect(cookies.find(({ name }) => name === 'patient_app')).toMatchObject({ httpOnly: true, sameSite: 'Lax' })
      expect(JSON.stringify(cookies) + (await page.content())).not.toMatch(/eyJ[\w-]+\.eyJ/)
    })
  })
})

/** Signs in as the web application would, with its credentials, to have its tokens in hand. */
async function tokensOf(username: string) {
  const config = await oidc.discovery(
    demo.broker,
    demo.client.id,
    undefined,
    oidc.ClientSecretBasic(demo.client.secret),
    {
      execute: [oidc.allowInsecureRequests],
    },
  )
  const codeVerifier = oidc.randomPKCECodeVerifier()
  const redirectUri = new URL('/callback', demo.app).href
  const authorization = oidc.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri,
    scope: 'openid profile email',
    state: 'story',
    code_challenge: await oidc.calculatePKCECodeChallenge(codeVerifier),
    code_challenge_method: 'S256',
  })
  return withPage({}, async (page) => {
    await page.goto(authorization.href)
    // The application began no login in this browser, so it leaves the code alone.
    const arrival = page.waitForRequest((request) => request.url().startsWith(redirectUri))
    await proveAtOkta(page, username)
    const callback = new URL((await arrival).url())
    const tokens = await oidc.authorizationCodeGrant(config, callback, {
      pkceCodeVerifier: codeVerifier,
      expectedState: 'story',
    })
    return { access: tokens.access_token, id: tokens.id_token ?? '' }
  })
}

async function patient(token?: string) {
  const answer = await fetch(
    new URL('/patients/1', demo.api),
    token ? { headers: { authorization: `Bearer ${token}` } } : {},
  )
  return {
    status: answer.status,
    challenge: answer.headers.get('www-authenticate'),
    body: (await answer.json()) as object,
  }
}

describe('The Patient API', () => {
  let rene: Awaited<ReturnType<typeof tokensOf>>

  beforeAll(async () => {
    rene = await tokensOf('rene')
  })

  it('accepts the access token, which carries groups and roles as the source maps them', async () => {
    expect(await patient(rene.access)).toMatchObject({ status: 200, body: { name: 'Ada Fischer', ssn: '#########' } })
    expect(decodeJwt(rene.access)).toMatchObject({
      iss: demo.broker.origin,
      aud: demo.client.id,
      typ: 'Bearer',
      name: 'Rene Klomp',
      groups: ['Everyone', 'Consultant'],
      identity_provider_alias: 'Okta',
      realm_access: { roles: expect.arrayContaining(['consultant', 'uma_authorization']) },
      resource_access: {
        broker: { roles: ['read-token'] },
        account: { roles: expect.arrayContaining(['manage-account', 'view-profile']) },
      },
    })
  })

  it('refuses who brings no token: nginx before it asks the broker', async () => {
    expect(demo.isBehindNginx).toBe(true)
    const refused = await patient()
    expect(refused).toMatchObject({ status: 401, challenge: expect.stringMatching(/^Bearer realm="patients"/) })
    expect(refused.body).toMatchObject({ error: 'token_missing' })
  })

  it('refuses an ID token, though issuer, audience and key are the same', async () => {
    expect(decodeJwt(rene.id)).toMatchObject({ iss: demo.broker.origin, aud: demo.client.id })
    expect(await patient(rene.id)).toMatchObject({ status: 401, challenge: expect.stringContaining('invalid_token') })
  })

  it('refuses a token of Rene in which Rene has become staff', async () => {
    const [header, , signature] = rene.access.split('.')
    const claims = { ...decodeJwt(rene.access), groups: ['Everyone', 'Staff'] }
    const altered = `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${signature}`
    expect(await patient(altered)).toMatchObject({ status: 401, challenge: expect.stringContaining('invalid_token') })
  })
})

describe('Started again in the same folder', () => {
  it('the demo goes on, and Rene is the same person', async () => {
    const before = decodeJwt((await tokensOf('rene')).access).sub
    await demo[Symbol.asyncDispose]()
    demo = await startDemo({ ports: anyPorts, folder })
    expect(decodeJwt((await tokensOf('rene')).access).sub).toBe(before)
  }, 90_000)
})
