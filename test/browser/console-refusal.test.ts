import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestBroker, type TestBroker } from '../support/broker.ts'
import { launchBrowser } from '../support/chromium.ts'
import { enterInBrowser } from '../support/console-pages.ts'

let broker: TestBroker
let browser: Browser & AsyncDisposable
beforeAll(async () => {
  broker = await startTestBroker()
  browser = await launchBrowser()
}, 120_000)
afterAll(async () => {
  await browser[Symbol.asyncDispose]()
  await broker[Symbol.asyncDispose]()
})

it('a refusal is traced to its cause by the reference that the person was shown', { timeout: 120_000 }, async () => {
  const client = await broker.addClient({ client_name: 'Patient App' })
  const person = await broker.created('users', {
    username: 'ann',
    name: 'Ann Other',
    password: 'a long enough password',
  })
  await broker.admin('PATCH', `users/${person.id}`, { enabled: false })

  const theirs = await (await browser.newContext()).newPage()
  await theirs.goto(broker.authorizationUrl(client, { idp_hint: 'local' }).url.href)
  await theirs.fill('#username', 'ann')
  await theirs.fill('#password', 'a long enough password')
  await theirs.click('#submit')
  const reference = (await theirs.locator('#reference').textContent()) ?? ''
  expect(reference).toMatch(/^[0-9A-Z]{3}-[0-9A-Z]{3}-[0-9A-Z]{3}$/)

  const ours = await (await browser.newContext({ permissions: ['clipboard-read', 'clipboard-write'] })).newPage()
  await enterInBrowser(ours, broker.issuer)
  await ours.click('.rail a:visible >> text=Traces')
  await ours.fill('#filter-reference', reference.toLowerCase())
  await ours.keyboard.press('Enter')
  await ours.waitForURL(/reference=/, { waitUntil: 'commit' })
  await ours.click(`tr:has-text("${reference}") th a`)
  await ours.waitForURL(`**/admin/traces/${reference}`, { waitUntil: 'commit' })

  const verdict = (await ours.locator('.finding').textContent()) ?? ''
  expect(verdict).toContain('account_disabled')
  expect(verdict).toContain('The account has been disabled by an administrator.')
  expect(verdict).toContain('Enable the user again')
  expect(await ours.locator('.timeline').textContent()).toContain('Refused')

  await ours.click('[data-copy="trace-text"]')
  await ours.locator('[data-copy="trace-text"][role="status"]').waitFor()
  const text = await ours.evaluate<string>('navigator.clipboard.readText()')
  expect(text).toContain(reference)
  expect(text).toContain('account_disabled')
})
