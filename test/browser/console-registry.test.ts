import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { basic } from '../support/broker.ts'
import { launchBrowser } from '../support/chromium.ts'
import { startConsole } from '../support/console-pages.ts'

let console_: Awaited<ReturnType<typeof startConsole>>
let browser: Browser & AsyncDisposable
let page: Page
beforeAll(async () => {
  console_ = await startConsole()
  browser = await launchBrowser()
  page = await browser.newPage({ locale: 'en-GB' })
  await console_.enter(page)
}, 120_000)
afterAll(async () => {
  await browser[Symbol.asyncDispose]()
  await console_[Symbol.asyncDispose]()
})

const heading = (text: string) => page.getByRole('heading', { level: 1, name: text }).waitFor()

describe('an administrator in the browser', () => {
  it('ends a session, told what ends with it', { timeout: 60_000 }, async () => {
    const { broker, issuer } = console_
    const client = await broker.addClient({ client_name: 'Night shift' })
    const { tokens } = await broker.login(client, { params: { idp_hint: 'Okta' } })
    await page.goto(`${issuer}/admin/`)
    await page.getByRole('navigation', { name: 'Menu' }).getByRole('link', { name: 'Sessions' }).click()
    await heading('Sessions')
    const row = page.getByRole('row').filter({ hasText: 'Night shift' })
    await row.getByRole('link', { name: 'End the session of Rene Klomp' }).click()
    await heading('End a session of Rene Klomp')
    await page.getByText('1 application loses it: Night shift').waitFor()
    await page.getByRole('button', { name: 'End session' }).click()
    await page.getByText('A session of Rene Klomp has ended.').waitFor()
    expect((await broker.userinfo(tokens.access_token)).status).toBe(401)
  })

  it('rotates the secret of a client, sees it once, and both count for the overlap', { timeout: 60_000 }, async () => {
    const { broker, issuer } = console_
    const client = await broker.addClient({ client_name: 'Rotating app' })
    const counts = async (secret: string) =>
      (await broker.post('/introspect', { token: 'none' }, basic({ id: client.id, secret }))).status !== 401
    await page.goto(`${issuer}/admin/clients?q=rotating`)
    await page.getByRole('link', { name: 'Rotating app' }).click()
    await heading('Rotating app')
    await page.getByRole('link', { name: 'Rotate secret' }).click()
    await heading('Rotate the secret of Rotating app')
    await page.getByLabel('The current secret stays valid for').selectOption('an hour')
    await page.getByRole('button', { name: 'Rotate secret' }).click()
    await heading('Rotating app has a new secret')
    const secret = (await page.locator('#client-secret').textContent()) ?? ''
    expect([await counts(client.secret), await counts(secret)]).toEqual([true, true])
    await page.getByRole('link', { name: 'To the client' }).click()
    await page.getByText('good until').waitFor()
    expect(await page.content()).not.toContain(secret)
  })

  it('removes a client, told who is affected, when its id is typed', { timeout: 60_000 }, async () => {
    const { broker, issuer } = console_
    const client = await broker.addClient({ client_id: 'short-lived', client_name: 'Short-lived app' })
    await broker.login(client, { params: { idp_hint: 'Okta' } })
    await page.goto(`${issuer}/admin/clients/short-lived`)
    await page.getByRole('link', { name: 'Remove' }).click()
    await heading('Remove Short-lived app')
    await page.getByText('1 session loses this application.').waitFor()
    await page.getByLabel('Type short-lived to confirm').fill('short-lived')
    await page.getByRole('button', { name: 'Remove' }).click()
    await page.getByText('Short-lived app is removed.').waitFor()
    expect((await broker.admin('GET', 'clients/short-lived')).status).toBe(404)
  })
})
