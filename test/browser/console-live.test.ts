/** What follows somebody's typing: lists, and the preview of a mapping; and that it does without being able to evaluate anything. */
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestBroker, type TestBroker } from '../support/broker.ts'
import { launchBrowser } from '../support/chromium.ts'
import { enterInBrowser } from '../support/console-pages.ts'

let broker: TestBroker
let browser: Browser & AsyncDisposable
let page: Page
const troubles: string[] = []
beforeAll(async () => {
  broker = await startTestBroker()
  for (const name of ['Cardiology', 'Radiology', 'Kitchen'])
    await broker.created('apis', { name, slug: name.toLowerCase(), audience: `https://${name.toLowerCase()}.example` })
  browser = await launchBrowser()
  page = await browser.newPage({ locale: 'en-GB' })
  page.on('console', (message) => message.type() === 'error' && troubles.push(message.text()))
  page.on('pageerror', (error) => troubles.push(String(error)))
  await enterInBrowser(page, broker.config.issuer)
}, 120_000)
afterAll(async () => {
  await browser[Symbol.asyncDispose]()
  await broker[Symbol.asyncDispose]()
})

const at = (path: string) => page.goto(broker.config.issuer + path)

describe('a list', () => {
  it('follows what is typed, keeps the hand in its field, and can be linked to', { timeout: 60_000 }, async () => {
    await at('/admin/apis')
    await page.getByLabel('Name').pressSequentially('ology')
    await page.getByRole('row', { name: /Kitchen/ }).waitFor({ state: 'detached' })
    await page.getByRole('status').filter({ hasText: '2' }).waitFor()
    expect(await page.getByRole('row', { name: /ology/ }).count()).toBe(2)
    expect(await page.evaluate<string>('document.activeElement.id')).toBe('q')
    await expect.poll(() => new URL(page.url()).searchParams.get('q')).toBe('ology')
    await page.getByLabel('Name').fill('nothing is called so')
    await page.locator('.empty').waitFor()
    // Where one is, and nothing of what is there.
    const kept = await page.evaluate<string[]>('[...Object.keys(localStorage), ...Object.keys(sessionStorage)]')
    expect(kept.filter((key) => key !== 'htmx-current-path-for-history')).toEqual([])
  })

  it('leads to the sign-in as a page where somebody was signed out meanwhile', { timeout: 60_000 }, async () => {
    await at('/admin/apis')
    await page.context().clearCookies()
    await page.getByLabel('Name').fill('card')
    await page.waitForURL((url) => url.pathname.includes('/login/'), { waitUntil: 'commit' })
    await enterInBrowser(page, broker.config.issuer)
  })
})

describe('the preview of a mapping', () => {
  it('follows what is typed, mistakes included', { timeout: 60_000 }, async () => {
    const { body } = await broker.admin('GET', 'authentication-sources')
    const [{ id }] = body.items as [{ id: string }]
    await at(`/admin/sources/${id}/mapping`)
    await page.getByLabel('They send').fill('{"sub":"u1","title":"Doctor"}')
    await page.getByLabel('Claims', { exact: false }).first().fill('job = title')
    await page.locator('#preview').getByText('Doctor').waitFor()
    await page.getByLabel('Groups that are kept').fill('Staff(')
    await page.locator('#preview').getByText('Is not an RE2 regular expression').waitFor()
    await page.getByLabel('Groups that are kept').fill('.*')
    await page.locator('#preview').getByText('Doctor').waitFor()
    expect(await page.getByLabel('They send').inputValue()).toContain('Doctor')
  })

  it('breaks nothing of the policy that pages are sent with', () => {
    expect(troubles.filter((text) => !/status of 422/.test(text))).toEqual([])
  })
})
