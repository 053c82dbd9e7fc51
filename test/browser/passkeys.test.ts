/** Passkeys in a real browser, with an authenticator that the browser itself plays (WebAuthn Level 3, §11). */
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, BrowserContext, CDPSession, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { administratorPassword, startTestBroker, type TestBroker } from '../support/broker.ts'
import { launchBrowser } from '../support/chromium.ts'
import { codeOf } from '../support/second-factors.ts'

let broker: TestBroker
let browser: Browser

beforeAll(async () => {
  broker = await startTestBroker()
  browser = await launchBrowser()
}, 60_000)
afterAll(async () => {
  await browser.close()
  await broker[Symbol.asyncDispose]()
})

interface Device {
  readonly context: BrowserContext
  readonly page: Page
  readonly cdp: CDPSession
  readonly authenticatorId: string
}

/** A browser with a device that unlocks by itself. */
async function device(options: Parameters<Browser['newContext']>[0] = {}): Promise<Device> {
  const context = await browser.newContext({ viewport: { width: 400, height: 800 }, ...options })
  const page = await context.newPage()
  const cdp = await context.newCDPSession(page)
  await cdp.send('WebAuthn.enable')
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      ...{ protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true },
      ...{ isUserVerified: true, automaticPresenceSimulation: true },
    },
  })
  return { context, page, cdp, authenticatorId }
}

async function typePassword(page: Page): Promise<void> {
  await page.goto(`${broker.issuer}/admin/`)
  await page.fill('#username', 'admin')
  await page.fill('#password', administratorPassword)
  await page.click('#submit')
}

const inConsole = (page: Page) =>
  page.waitForURL((url) => url.pathname.startsWith('/admin'), { waitUntil: 'commit', timeout: 20_000 })

async function heading(page: Page): Promise<string> {
  return ((await page.locator('h1').textContent()) ?? '').trim()
}

async function expectAccessible(page: Page): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze()
    expect(violations.map(({ id, nodes }) => `${page.url()} ${id} ${nodes.map((node) => node.html).join()}`)).toEqual(
      [],
    )
  }
  const size = page.viewportSize()
  await page.setViewportSize({ width: 320, height: 640 })
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(320)
  if (size) await page.setViewportSize(size)
}

describe('a passkey', () => {
  it('is added, opens the console after the password, and without it, until it is removed', {
    timeout: 180_000,
  }, async () => {
    const { context, page, cdp, authenticatorId } = await device()
    await typePassword(page)
    await inConsole(page)
    await page.click('text=Sign-in security')
    await page.waitForURL('**/security')
    await expectAccessible(page)

    await page.fill('#passkey-name', 'Work laptop')
    await page.click('#add-passkey')
    await page.locator('#codes').waitFor()
    expect(await heading(page)).toBe('Your recovery codes')
    await expectAccessible(page)
    await page.click('#done')
    await page.locator('bdi', { hasText: 'Work laptop' }).waitFor()
    const { credentials } = await cdp.send('WebAuthn.getCredentials', { authenticatorId })
    expect(credentials).toMatchObject([{ rpId: 'localhost', isResidentCredential: true }])
    await expectAccessible(page)

    // After the password.
    await context.clearCookies()
    await typePassword(page)
    await page.locator('#use-passkey').waitFor()
    expect(await heading(page)).toBe('One more step')
    await expectAccessible(page)
    await page.click('#use-passkey')
    await inConsole(page)

    // Instead of it.
    await context.clearCookies()
    await page.goto(`${broker.issuer}/admin/`)
    await page.click('#passkey')
    await inConsole(page)
    await page.locator('h1').waitFor()
    expect(await heading(page)).toBe('Overview')

    // A device that has counted less than it had is a copy (WebAuthn §6.1.1).
    const [credential] = (await cdp.send('WebAuthn.getCredentials', { authenticatorId })).credentials
    if (!credential) throw new Error('The passkey is gone')
    expect(credential.signCount).toBeGreaterThan(1)
    await cdp.send('WebAuthn.clearCredentials', { authenticatorId })
    await cdp.send('WebAuthn.addCredential', { authenticatorId, credential: { ...credential, signCount: 0 } })
    await context.clearCookies()
    await page.goto(`${broker.issuer}/admin/`)
    await page.click('#passkey')
    await page.locator('text=This passkey was not accepted').first().waitFor()
    await cdp.send('WebAuthn.clearCredentials', { authenticatorId })
    await cdp.send('WebAuthn.addCredential', { authenticatorId, credential: { ...credential, signCount: 900 } })
    await page.goto(`${broker.issuer}/admin/`)
    await page.click('#passkey')
    await inConsole(page)

    // Removed, it is worth nothing, and the password alone is enough again.
    await page.goto(`${broker.issuer}/security`)
    await page.click('button[aria-label="Remove the passkey Work laptop"]')
    await page.locator('text=It is removed.').waitFor()
    await context.clearCookies()
    await page.goto(`${broker.issuer}/admin/`)
    await page.click('#passkey')
    await page.locator('text=This passkey was not accepted').first().waitFor()
    await typePassword(page)
    await inConsole(page)
    await context.close()
  })

  it('is not offered without a script', { timeout: 60_000 }, async () => {
    const { context, page } = await device({ javaScriptEnabled: false })
    await page.goto(`${broker.issuer}/admin/`)
    expect([await page.locator('#passkey').isVisible(), await page.locator('#submit').isVisible()]).toEqual([
      false,
      true,
    ])
    await context.close()
  })

  it('that the person does not unlock is told beside the button, and the password remains', {
    timeout: 60_000,
  }, async () => {
    const { context, page } = await device()
    await page.goto(`${broker.issuer}/admin/`)
    expect(await page.locator('[data-passkey-failed]').isVisible()).toBe(false)
    await page.click('#passkey')
    await page.locator('[data-passkey-failed]').waitFor({ timeout: 30_000 })
    expect(await page.locator('#submit').isVisible()).toBe(true)
    await context.close()
  })
})

describe('an authenticator app', () => {
  it('is set up and used in German, with the keyboard alone', { timeout: 120_000 }, async () => {
    const { context, page } = await device({ locale: 'de-DE' })
    await broker.created('users', {
      username: 'ada',
      password: administratorPassword,
      roles: [{ name: 'admin', client: 'gatehouse' }],
    })
    const signIn = async () => {
      await page.goto(`${broker.issuer}/admin/`)
      await page.fill('#username', 'ada')
      await page.fill('#password', administratorPassword)
      await page.keyboard.press('Enter')
    }
    await signIn()
    await inConsole(page)
    await page.goto(`${broker.issuer}/security`)
    expect(await heading(page)).toBe('Sicherheit Ihrer Anmeldung')
    expect(await page.locator('html').getAttribute('lang')).toBe('de')
    await page.locator('#set-up-app').press('Enter')
    await page.locator('#key').waitFor()
    await expectAccessible(page)
    const secret = ((await page.locator('#key').textContent()) ?? '').replaceAll(' ', '')
    await page.locator('#code').fill(codeOf(secret, Date.now() - 30_000))
    await page.keyboard.press('Enter')
    await page.locator('#codes').waitFor()
    const [recovery = ''] = ((await page.locator('#codes').textContent()) ?? '').split('\n')
    await context.clearCookies()
    await signIn()
    await page.locator('#code').waitFor()
    expect(await heading(page)).toBe('Noch ein Schritt')
    await expectAccessible(page)
    await page.locator('summary').press('Enter')
    await page.locator('#recovery').fill(recovery)
    await page.keyboard.press('Enter')
    await inConsole(page)
    await context.close()
  })
})
