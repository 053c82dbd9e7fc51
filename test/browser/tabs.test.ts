/** Several tabs, old pages and the Back button: whatever a person does with them, each leads to its own target. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { administratorPassword, startTestBroker, type TestBroker, type TestClient } from '../support/broker.ts'
import { launchBrowser } from '../support/chromium.ts'

let now = Date.now()
let browser: Browser
let broker: TestBroker
let client: TestClient
let server: Server
let application: string
/** What stands on the application's page `/evil`. */
let evil = ''

beforeAll(async () => {
  server = createServer((req, res) => {
    res.setHeader('content-type', 'text/html; charset=utf-8')
    res.end(
      `<!doctype html><title>Application</title><h1>${req.url?.split('?')[0]}</h1>${req.url === '/evil' ? evil : ''}`,
    )
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  application = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  browser = await launchBrowser()
  vi.useFakeTimers({ toFake: ['Date'], now })
  broker = await startTestBroker({ parts: { clock: () => now } })
  client = await broker.addClient({
    redirect_uris: [`${application}/callback`],
    client_uri: `${application}/`,
    post_logout_redirect_uris: [`${application}/bye`],
  })
}, 90_000)
afterAll(async () => {
  vi.useRealTimers()
  await browser?.close()
  await broker?.[Symbol.asyncDispose]()
  server?.closeAllConnections()
  server?.close()
})

const begin = (page: Page, params: Readonly<Record<string, string>> = {}) =>
  page.goto(broker.authorizationUrl(client, params).url.href)

async function submit(page: Page) {
  await page.fill('#username', 'admin')
  await page.fill('#password', administratorPassword)
  await page.click('#submit')
}

const told = async (page: Page) => {
  await page.waitForURL(`${application}/callback?*`)
  const { searchParams } = new URL(page.url())
  return { state: searchParams.get('state'), signedIn: searchParams.has('code') }
}

const signIn = async (page: Page) => {
  await begin(page)
  await submit(page)
  await told(page)
}

const isSignedIn = async (context: BrowserContext) => {
  const page = await context.newPage()
  await begin(page, { prompt: 'none' })
  const { signedIn } = await told(page)
  await page.close()
  return signedIn
}

const shows = (page: Page, title: string) => page.getByRole('heading', { level: 1, name: title }).waitFor()

describe.each([
  ['with scripts', { javaScriptEnabled: true }],
  ['with JavaScript disabled', { javaScriptEnabled: false }],
])('In a browser %s', (_, options) => {
  async function inBrowser(walk: (one: Page, two: Page) => Promise<void>): Promise<void> {
    const context = await browser.newContext(options)
    try {
      await walk(await context.newPage(), await context.newPage())
    } finally {
      await context.close()
    }
  }

  it('SEC-098 a sign-in page that has expired leads on to a new one, and that to its own target', async () => {
    await inBrowser(async (page) => {
      await begin(page, { state: 'late' })
      now += 31 * 60_000
      vi.setSystemTime(now)
      const expired = page.url()
      await submit(page)
      await page.waitForURL((url) => url.pathname.startsWith('/login/') && url.href !== expired)
      await shows(page, 'Sign in to Patient App')
      await submit(page)
      expect(await told(page)).toEqual({ state: 'late', signedIn: true })
    })
  })

  it('SEC-098 a sign-in page goes on when the person signs in in another tab', async () => {
    await inBrowser(async (one, two) => {
      await begin(one, { state: 'first' })
      await begin(two, { state: 'second' })
      await submit(two)
      expect(await told(two)).toEqual({ state: 'second', signedIn: true })
      await one.reload()
      await submit(one)
      expect(await told(one)).toEqual({ state: 'first', signedIn: true })
    })
  })

  it('SEC-098 signing out in two tabs ends well in both, and so does doing it again with Back', async () => {
    await inBrowser(async (one, two) => {
      await signIn(one)
      const bye = new URLSearchParams({
        client_id: client.id,
        post_logout_redirect_uri: `${application}/bye`,
        state: 'x',
      })
      await two.goto(`${broker.issuer}/logout`)
      await one.goto(`${broker.issuer}/logout?${bye}`)
      await one.click('#logout-yes')
      await one.waitForURL(`${application}/bye?state=x`)
      await two.click('#logout-yes')
      await shows(two, 'You are signed out')
      await two.goBack()
      await two.reload()
      await shows(two, 'You are signed out')
      expect(await isSignedIn(one.context())).toBe(false)
    })
  })

  it('SEC-098 a page that asks to sign in again goes on when the person signs out in another tab', async () => {
    await inBrowser(async (one, two) => {
      await signIn(one)
      await begin(two, { state: 'again', prompt: 'login' })
      await one.goto(`${broker.issuer}/logout`)
      await one.click('#logout-yes')
      await shows(one, 'You are signed out')
      await submit(two)
      expect(await told(two)).toEqual({ state: 'again', signedIn: true })
    })
  })

  it('SEC-098 the page that asks about signing out is no dead end when it is old', async () => {
    await inBrowser(async (page) => {
      await signIn(page)
      await page.goto(`${broker.issuer}/logout`)
      now += 11 * 3_600_000
      vi.setSystemTime(now)
      await page.click('#logout-yes')
      await shows(page, 'You are signed out')
      await page.locator('.choice a').click()
      expect(new URL(page.url()).origin).toBe(broker.issuer)
    })
  })
})

describe('A page of another site', () => {
  it('SEC-096 signs nobody out by an image, a frame or a form, with or without a hint', async () => {
    const context = await browser.newContext()
    const page = await context.newPage()
    const { url, verifier } = broker.authorizationUrl(client)
    await page.goto(url.href)
    await submit(page)
    await page.waitForURL(`${application}/callback?*`)
    const code = new URL(page.url()).searchParams.get('code') ?? ''
    const { id_token: hint } = (await (await broker.redeem(client, code, verifier)).json()) as { id_token: string }
    const addresses = [`${broker.issuer}/logout`, `${broker.issuer}/logout?id_token_hint=${hint}`]
    evil = `${addresses.map((address) => `<img src="${address}"><iframe src="${address}"></iframe>`).join('')}
<form method="post" action="${broker.issuer}/logout/confirm"><input name="logout" value="yes"><button>Win</button></form>`
    await page.goto(`${application}/evil`, { waitUntil: 'networkidle' })
    expect(await isSignedIn(context)).toBe(true)
    await page.click('button')
    await page.waitForLoadState()
    expect(await isSignedIn(context)).toBe(true)
    await context.close()
  })
})
