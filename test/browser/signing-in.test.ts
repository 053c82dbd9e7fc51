import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { administratorPassword, startTestBroker, type TestBroker, type TestClient } from '../support/broker.ts'
import { launchBrowser } from '../support/chromium.ts'
import { rene } from '../support/people.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'

let browser: Browser
let broker: TestBroker
let upstream: Upstream
let client: TestClient
let server: Server
let application: string
/** What the application's own page is, by its path. */
let pages: Record<string, string> = {}

beforeAll(async () => {
  // Another site than the broker's: that one is localhost, this one 127.0.0.1.
  server = createServer(async (req, res) => {
    const body = Buffer.concat(await Array.fromAsync(req)).toString()
    const { pathname } = new URL(req.url ?? '/', 'http://application')
    res.setHeader('content-type', 'text/html; charset=utf-8')
    res.end(
      pages[pathname] ??
        `<!doctype html><title>Application</title><h1>${req.method} ${pathname}</h1><pre>${body}</pre>`,
    )
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  application = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const launching = launchBrowser()
  upstream = await startUpstream({ users: { rene } })
  broker = await startTestBroker()
  await broker.addSource(upstream)
  client = await broker.addClient({ redirect_uris: [`${application}/callback`], client_uri: `${application}/` })
  browser = await launching
}, 90_000)

beforeEach(() => {
  pages = {}
})

afterAll(async () => {
  await browser?.close()
  await broker?.[Symbol.asyncDispose]()
  await upstream?.stop()
  server?.closeAllConnections()
  server?.close()
})

async function withPage<T>(options: BrowserContextOptions, walk: (page: Page) => Promise<T>): Promise<T> {
  const context = await browser.newContext(options)
  try {
    return await walk(await context.newPage())
  } finally {
    await context.close()
  }
}

const begin = async (page: Page, params: Readonly<Record<string, string>> = {}) => {
  await page.goto(`${application}/`)
  await page.goto(broker.authorizationUrl(client, params).url.href)
}

async function fill(page: Page) {
  await page.fill('#username', 'admin')
  await page.fill('#password', administratorPassword)
}

const atApplication = async (page: Page) => {
  // Not `waitForURL`: of two navigations one calls off the other, which it takes for a failure.
  await vi.waitFor(() => expect(page.url()).toContain(`${application}/callback?`), { timeout: 15_000 })
  await page.waitForLoadState()
  return new URL(page.url()).searchParams
}

const heading = (page: Page) => page.locator('h1').textContent()

describe.each([
  ['with scripts', { javaScriptEnabled: true }],
  ['with JavaScript disabled', { javaScriptEnabled: false }],
])('In a browser %s', (_, options) => {
  it('SEC-098 Back from the application leads to a page that leads on', async () => {
    await withPage(options, async (page) => {
      await begin(page, { state: 'mine' })
      await fill(page)
      await page.click('#submit')
      expect((await atApplication(page)).get('code')).toBeTruthy()

      await page.goBack()
      expect(new URL(page.url()).origin).toBe(broker.issuer)
      expect(await heading(page)).toContain('This sign-in is no longer open')
      await page.getByText('Continue to Patient App').click()
      const told = await atApplication(page)
      expect([told.get('state'), told.has('code')]).toEqual(['mine', true])
    })
  })

  it('SEC-098 Back from the identity provider leads to the choice, and the choice works again', async () => {
    await withPage(options, async (page) => {
      await begin(page)
      await page.click('#source-Okta')
      await atApplication(page)
      await page.goBack()
      await page.getByText('Continue to Patient App').click()
      expect((await atApplication(page)).has('code')).toBe(true)
    })
  })

  it('a double click on the button signs in once and well', async () => {
    await withPage(options, async (page) => {
      await begin(page, { state: 'twice' })
      await fill(page)
      await page.dblclick('#submit')
      const told = await atApplication(page)
      expect([told.get('state'), told.has('code')]).toEqual(['twice', true])
    })
  })

  it('SEC-098 two tabs each end at their own beginning', async () => {
    await withPage(options, async (one) => {
      const two = await one.context().newPage()
      await begin(one, { state: 'one' })
      await begin(two, { state: 'two' })
      await fill(one)
      await one.click('#submit')
      expect((await atApplication(one)).get('state')).toBe('one')
      await fill(two)
      await two.click('#submit')
      expect((await atApplication(two)).get('state')).toBe('two')
    })
  })

  it('a refusal is left by its doors', async () => {
    await withPage(options, async (page) => {
      upstream.refuse('access_denied', 'not assigned')
      await begin(page, { idp_hint: 'Okta' })
      expect(await heading(page)).toContain('The identity provider refused the sign-in')
      upstream.signInAs('rene')
      await page.getByRole('link', { name: 'Try again' }).click()
      expect(await heading(page)).toContain('Sign in to Patient App')
      await page.click('#back')
      const told = await atApplication(page)
      expect([told.get('error'), told.get('iss')]).toEqual(['access_denied', broker.issuer])
    })
  })

  it('an answer that is posted arrives', async () => {
    await withPage(options, async (page) => {
      await begin(page, { response_mode: 'form_post' })
      await fill(page)
      await page.click('#submit')
      if (!options.javaScriptEnabled) await page.getByRole('button', { name: 'Continue' }).click()
      await page.waitForURL(`${application}/callback`)
      expect(await heading(page)).toBe('POST /callback')
      expect(await page.locator('pre').textContent()).toMatch(/(^|&)code=.+&iss=http/)
    })
  })
})

describe('Against another site', () => {
  it.each(['/', '/login/nothing', '/logout', '/authorize?client_id=nobody', '/nowhere', 'a sign-in'])(
    'SEC-010 %s cannot be framed',
    async (path) => {
      await withPage({}, async (page) => {
        const address = path === 'a sign-in' ? broker.authorizationUrl(client).url.href : broker.issuer + path
        pages['/frame'] =
          `<!doctype html><title>Trap</title><iframe src="${address.replaceAll('&', '&amp;')}"></iframe>`
        const complaints: string[] = []
        page.on('console', (message) => complaints.push(message.text()))
        await page.goto(`${application}/frame`, { waitUntil: 'networkidle' })
        await expect.poll(() => page.frames()[1]?.url(), { timeout: 10_000 }).toMatch(/^chrome-error:/)
        await expect.poll(() => complaints.join(), { timeout: 10_000 }).toMatch(/frame-ancestors|X-Frame-Options/i)
      })
    },
  )

  it('SEC-010 the control: what allows it can be framed', async () => {
    await withPage({}, async (page) => {
      pages['/frame'] = `<!doctype html><title>Trap</title><iframe src="/inside"></iframe>`
      await page.goto(`${application}/frame`, { waitUntil: 'networkidle' })
      expect(page.frames()[1]?.url()).toBe(`${application}/inside`)
    })
  })

  it.each(['/source/local', '/consent', '/back', '/find'])(
    'SEC-015 a form sent from there to %s is refused',
    async (step) => {
      await withPage({}, async (page) => {
        await begin(page)
        const login = page.url()
        const csrf = await page.locator('input[name=csrf]').first().getAttribute('value')
        // Even one that has come by the form's own token.
        pages['/trap'] = `<!doctype html><title>Trap</title><form method="post" action="${login}${step}">
        <input name="csrf" value="${csrf}"><input name="username" value="admin"><input name="password" value="${administratorPassword}">
        <button id="go">Go</button></form>`
        await page.goto(`${application}/trap`)
        const [answer] = await Promise.all([
          page.waitForResponse((response) => response.url().endsWith(step)),
          page.click('#go'),
        ])
        expect(answer.status()).toBe(403)
        expect(await heading(page)).toContain('This form did not come from the sign-in page')
        // The person's own sign-in has taken no harm.
        await page.goto(login)
        await fill(page)
        await page.click('#submit')
        expect((await atApplication(page)).has('code')).toBe(true)
      })
    },
  )
})
