import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { administratorPassword, startTestBroker, type TestBroker } from '../support/broker.ts'
import { launchBrowser } from '../support/chromium.ts'
import { rene } from '../support/people.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'

let broker: TestBroker
let upstream: Upstream
let browser: Browser & AsyncDisposable
beforeAll(async () => {
  upstream = await startUpstream({ users: { rene } })
  broker = await startTestBroker()
  browser = await launchBrowser()
}, 120_000)
afterAll(async () => {
  await browser[Symbol.asyncDispose]()
  await broker[Symbol.asyncDispose]()
  await upstream[Symbol.asyncDispose]()
})

/** A person without a mouse. The focus has to be somewhere, and to be seen, with every step. */
function hands(page: Page) {
  async function tabTo(selector: string): Promise<void> {
    await page.waitForSelector(selector)
    for (let step = 0; step < 120; step += 1) {
      await page.keyboard.press('Tab')
      const where = await page.evaluate<{ is: boolean; lost: boolean; unseen: string | undefined }>(
        `(() => {
          const focused = document.activeElement
          const style = getComputedStyle(focused)
          const seen = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2
          return { is: focused.matches(${JSON.stringify(selector)}), lost: focused === document.body, unseen: seen || focused === document.body ? undefined : focused.outerHTML.slice(0, 120) }
        })()`,
      )
      expect(where.unseen).toBeUndefined()
      if (where.is) return
    }
    throw new Error(`${selector} is not reached by Tab`)
  }
  const go = async (selector: string, arrived: string) => {
    await tabTo(selector)
    await page.keyboard.press('Enter')
    await page.waitForSelector(arrived)
  }
  return {
    tabTo,
    go,
    /** The browser gives the focus in its own time, which may be after the page has loaded: what is typed before is lost. */
    async focusOn(selector: string) {
      await page.waitForFunction(`document.activeElement?.matches(${JSON.stringify(selector)})`)
    },
    async type(selector: string, text: string) {
      await tabTo(selector)
      await page.keyboard.press('ControlOrMeta+A')
      await page.keyboard.type(text)
    },
  }
}

describe('by keyboard alone', () => {
  it('an administrator adds Okta, tests the draft and switches it on', { timeout: 180_000 }, async () => {
    const context = await browser.newContext({ locale: 'en-GB' })
    const page = await context.newPage()
    const { tabTo, go, type, focusOn } = hands(page)
    const { issuer } = broker.config
    await page.goto(`${issuer}/admin/sources`)
    // The page puts the focus into the user name.
    await focusOn('#username')
    await page.keyboard.type('admin')
    await type('#password', administratorPassword)
    await page.keyboard.press('Enter')
    await page.waitForSelector('a.button.primary')

    await go('a[href$="/sources/add"]', '.cards')
    await go('a[href$="/add/okta"]', '#value-0')
    upstream.register({
      callbackUrls: [(await page.textContent('#value-0')) ?? ''],
      logoutUrls: [(await page.textContent('#value-1')) ?? ''],
    })
    await go('button[formaction]', '[name="config.issuer"]')

    await type('[name="config.client_id"]', String(upstream.config.client_id))
    await type('[name="config.client_secret"]', String(upstream.config.client_secret))
    await go('button[value="save"]', '#form-problems')
    // What is wrong is told first: the way leads on from there.
    await focusOn('#form-problems')
    await tabTo('a[href="#field-config-issuer"]')
    await page.keyboard.press('Enter')
    await focusOn('[name="config.issuer"]')
    await page.keyboard.type(String(upstream.config.issuer))
    await tabTo('details:has([name="config.allow_private_addresses"]) > summary')
    await page.keyboard.press('Enter')
    await tabTo('[name="config.allow_private_addresses"]')
    await page.keyboard.press('Space')

    await go('button[value="test"]', '#test-login-open')
    await focusOn('#test-login-open')
    expect((await broker.admin('GET', 'authentication-sources?q=okta')).body.items).toEqual([])
    const [partner] = await Promise.all([context.waitForEvent('page'), page.keyboard.press('Enter')])
    await partner.waitForSelector('form button')
    await hands(partner).tabTo('form button')
    await partner.keyboard.press('Enter')
    await partner.waitForURL((url) => url.pathname.endsWith('/report'), { waitUntil: 'commit' })
    await page.bringToFront()
    await tabTo('a[href*="/test-logins/"]')
    const [report] = await Promise.all([context.waitForEvent('page'), page.keyboard.press('Enter')])
    await report.waitForSelector('.verdict')
    expect(await report.textContent('.verdict')).toContain('This sign-in would succeed')
    expect(await report.textContent('main')).toContain('as a draft')
    await report.close()

    await page.bringToFront()
    await go('button[value="save"]', '.done-line')
    await go('form[action$="/enable"] button', '.done-line:has-text("is switched on")')
    const client = await broker.addClient({ client_name: 'Patient App' })
    const { access } = await broker.login(client, { params: { idp_hint: 'Okta' } })
    expect(access.identity_provider_alias).toBe('Okta')
    await context.close()
  })

  it('the preview of a mapping follows what is typed', { timeout: 120_000 }, async () => {
    const { id } = await broker.addSource(upstream, { alias: 'Second' })
    const context = await browser.newContext({ locale: 'en-GB' })
    const page = await context.newPage()
    await page.goto(`${broker.config.issuer}/admin/sources/${id}/mapping`)
    await page.fill('#username', 'admin')
    await page.fill('#password', administratorPassword)
    await page.click('#submit')
    const { type } = hands(page)
    await type('[name="sample"]', '{"groups": ["Staff", "Guests"], "name": "Ada"}')
    await page.waitForSelector('#preview:has-text("Staff, Guests")')
    await type('[name="mapping.groups.filter"]', 'Staff')
    await page.waitForSelector('#preview s:has-text("Guests")')
    await type('[name="mapping.groups.filter"]', 'Staff(')
    await page.waitForSelector('#preview:has-text("is not an RE2 regular expression")')
    // Nothing has taken the focus from where somebody types.
    expect(await page.evaluate('document.activeElement.name')).toBe('mapping.groups.filter')
    await context.close()
  })
})
