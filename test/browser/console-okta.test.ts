import type { Browser } from 'playwright-core'
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

// With and without scripts: what JavaScript adds is comfort.
describe.each([{ javaScriptEnabled: true }, { javaScriptEnabled: false }])('with %o', (options) => {
  it('an administrator adds Okta, tests it, and the first person signs in', { timeout: 120_000 }, async () => {
    const alias = options.javaScriptEnabled ? 'Okta' : 'Okta-2'
    const context = await browser.newContext({ ...options, locale: 'en-GB' })
    const page = await context.newPage()
    const { issuer } = broker.config
    await page.goto(`${issuer}/admin/sources`)
    await page.fill('#username', 'admin')
    await page.fill('#password', administratorPassword)
    await page.click('#submit')

    await page.click('a:text-is("Add source")')
    await page.click('strong:text-is("Okta")')
    const callback = (await page.textContent('#value-0')) ?? ''
    expect(callback).toBe(`${issuer}/broker/${alias}/callback`)
    upstream.register({ callbackUrls: [callback], logoutUrls: [(await page.textContent('#value-1')) ?? ''] })
    await page.click('text=Next: paste theirs')

    await page.fill('[name="config.issuer"]', 'https://nobody.invalid')
    await page.fill('[name="config.client_id"]', String(upstream.config.client_id))
    await page.fill('[name="config.client_secret"]', String(upstream.config.client_secret))
    await page.click('button:text-is("Save as disabled")')
    expect(await page.textContent('.notice.danger')).toContain('The connection does not work')
    expect((await broker.admin('GET', 'authentication-sources?q=okta')).body.items).toHaveLength(
      options.javaScriptEnabled ? 0 : 1,
    )

    await page.fill('[name="config.issuer"]', String(upstream.config.issuer))
    await page.click('summary:text-is("Further settings")')
    await page.check('[name="config.allow_private_addresses"]')
    await page.click('button:text-is("Check the connection")')
    expect(await page.textContent('.notice.good')).toContain('The connection works')
    await page.click('button:text-is("Save as disabled")')
    expect(await page.textContent('.done-line')).toContain('saved and switched off')
    const source = page.url()

    await page.click('a:text-is("Begin a test login")')
    await page.click('button:text-is("Begin a test login")')
    const link = (await page.textContent('#test-login-link')) ?? ''
    const report = await page.getAttribute('a:text-is("See how it went")', 'href')
    const partner = await (await browser.newContext(options)).newPage()
    await partner.goto(link)
    await partner.click('button:has-text("Begin the test")')
    await partner.waitForURL((url) => url.pathname.endsWith('/report'), { waitUntil: 'commit' })
    await page.goto(new URL(report ?? '', issuer).href)
    expect(await page.textContent('.verdict')).toContain('This sign-in would succeed')
    expect(await page.textContent('.sides')).toContain(String(rene.preferred_username))

    await page.goto(source)
    await page.click('button:text-is("Switch on")')
    expect(await page.textContent('.done-line')).toContain('is switched on')
    const client = await broker.addClient({ client_name: `App of ${alias}` })
    const { access } = await broker.login(client, { params: { idp_hint: alias } })
    expect(access.identity_provider_alias).toBe(alias)
    await context.close()
  })
})

describe('removing a source that is in use', () => {
  it('names who uses it; once nobody does, it goes', { timeout: 60_000 }, async () => {
    const source = await broker.created('authentication-sources', {
      alias: 'old',
      name: 'Old login',
      type: 'local',
      hidden: true,
    })
    const api = await broker.created('apis', {
      ...{ name: 'Patient API', slug: 'patients', audience: 'https://patients.example' },
      authentication_sources: [source.id],
    })
    const context = await browser.newContext({ locale: 'en-GB' })
    const page = await context.newPage()
    await page.goto(`${broker.config.issuer}/admin/sources?q=old`)
    await page.fill('#username', 'admin')
    await page.fill('#password', administratorPassword)
    await page.click('#submit')
    await page.click('text=In use')
    expect(await page.textContent('#usage')).toContain('Patient API')
    expect(await page.isDisabled('button:text-is("Remove")')).toBe(true)

    expect((await broker.admin('DELETE', `apis/${api.id}`)).status).toBe(204)
    await page.goto(`${broker.config.issuer}/admin/sources?q=old`)
    // By keyboard alone.
    await page.focus('a:text-is("Remove")')
    await page.keyboard.press('Enter')
    await page.waitForSelector('#typed_name')
    await page.focus('#typed_name')
    await page.keyboard.type('old')
    await page.keyboard.press('Enter')
    await page.waitForSelector('.done-line')
    expect(await page.textContent('.done-line')).toContain('Old login is removed.')
    expect((await broker.admin('GET', `authentication-sources/${source.id}`)).status).toBe(404)
    await context.close()
  })
})
