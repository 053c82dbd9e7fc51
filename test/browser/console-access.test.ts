/** In a browser, as an administrator does it: a key rotated while its application goes on, and "check access as". */
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { basic, type Tokens } from '../support/broker.ts'
import { launchBrowser } from '../support/chromium.ts'
import { startConsole } from '../support/console-pages.ts'

let console_: Awaited<ReturnType<typeof startConsole>>
let browser: Browser & AsyncDisposable
beforeAll(async () => {
  console_ = await startConsole()
  browser = await launchBrowser()
}, 120_000)
afterAll(async () => {
  await browser[Symbol.asyncDispose]()
  await console_[Symbol.asyncDispose]()
})

async function atConsole(work: (page: Page) => Promise<void>): Promise<void> {
  const context = await browser.newContext({ locale: 'en-GB', permissions: ['clipboard-read', 'clipboard-write'] })
  try {
    const page = await context.newPage()
    await console_.enter(page)
    await work(page)
  } finally {
    await context.close()
  }
}

it('a key is rotated: the new one is copied, and both are good meanwhile', { timeout: 60_000 }, () =>
  atConsole(async (page) => {
    const { broker } = console_
    const api = await broker.created('apis', {
      name: 'Rotated',
      slug: 'rotated',
      require_api_key: true,
      hosts: ['r.test'],
    })
    const application = await broker.created('applications', { name: 'Goes on' })
    const { key } = await broker.created(`applications/${application.id}/api-keys`, { api_id: api.id, name: 'live' })
    await page.goto(`${console_.issuer}/admin/applications?q=goes`)
    await page.getByRole('link', { name: 'Goes on' }).click()
    await page.getByRole('link', { name: /^Rotate gh_/ }).click()
    await page.getByLabel('The one before is good for').selectOption({ label: 'an hour' })
    await page.getByRole('button', { name: 'Rotate' }).click()
    await page.getByRole('heading', { name: 'The new key' }).waitFor()
    await page.getByRole('button', { name: 'Copy API key' }).click()
    const next = await page.evaluate<string>('navigator.clipboard.readText()')
    expect(next).toMatch(/^gh_/)
    expect(next).not.toBe(key)
    const { client_secret: secret } = application.client as { readonly client_secret: string }
    const credentials = basic({ id: `${application.id}:OPENID`, secret })
    const granted = await broker.post('/token', { grant_type: 'client_credentials' }, credentials)
    const { access_token: token } = (await granted.json()) as Tokens
    for (const sent of [next, String(key)]) {
      const { status } = await fetch(`${console_.issuer}/verify/forwarded`, {
        headers: {
          ...{ 'x-forwarded-method': 'GET', 'x-forwarded-host': 'r.test', 'x-forwarded-uri': '/' },
          ...{ authorization: `Bearer ${token}`, 'x-api-key': sent },
        },
      })
      expect(status, sent).toBe(200)
    }
    await page.goto(`${console_.issuer}/admin/applications/${application.id}`)
    expect(await page.getByRole('link', { name: /^Rotate gh_/ }).count()).toBe(2)
  }),
)

it('somebody is checked at an API, refused with the reason, and let in once that is mended', { timeout: 60_000 }, () =>
  atConsole(async (page) => {
    const { broker } = console_
    const client = await broker.addClient({ client_name: 'Ward App' })
    const { id } = await broker.created('apis', {
      ...{ name: 'Wards', slug: 'wards', clients: [client.id], required_groups: ['Staff'] },
    })
    await page.goto(`${console_.issuer}/admin/apis?q=wards`)
    await page.getByRole('link', { name: 'Wards' }).click()
    await page.getByRole('link', { name: 'Check access as …' }).click()
    await page.getByLabel('User').fill('Rene')
    await page.getByLabel('Client or application').fill('Ward App')
    await page.getByLabel('Client or application').press('Enter')
    await page.getByText('Rene Klomp through Ward App would not pass at Wards.').waitFor()
    expect(await page.getByText('group_missing').first().isVisible()).toBe(true)
    const checked = page.url()
    await page.goto(`${console_.issuer}/admin/apis/${id}/edit`)
    await page.getByRole('textbox', { name: /^Groups/ }).fill('Staff\nConsultant')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Wards is saved.').waitFor()
    await page.goto(checked)
    await page.getByText('Rene Klomp through Ward App would pass at Wards.').waitFor()
  }),
)

it('Enter in a form with rows saves it, and the button adds rows without saving', { timeout: 60_000 }, () =>
  atConsole(async (page) => {
    await page.goto(`${console_.issuer}/admin/apis/add`)
    await page.getByLabel('Name', { exact: true }).fill('By hand')
    await page.getByLabel('Slug').fill('by-hand')
    const claims = page.getByRole('group', { name: /^Claims/ })
    await claims.getByLabel('Claim 1').fill('department')
    await claims.getByRole('button', { name: 'Add another row' }).click()
    await claims.getByLabel('Claim 4').waitFor()
    expect(await claims.getByLabel('Claim 1').inputValue()).toBe('department')
    await claims.getByLabel('of the values 1').fill('Care')
    await claims.getByLabel('of the values 1').press('Enter')
    await page.getByText('By hand is added.').waitFor()
    expect(await page.getByText('The claim department has one of Care.').isVisible()).toBe(true)
  }),
)
