/** Rotating and revoking signing keys in the browser: told what happens, and then it does. */
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestBroker, type TestBroker, type TestClient } from '../support/broker.ts'
import { launchBrowser } from '../support/chromium.ts'
import { enterConsole } from '../support/console.ts'
import { enterInBrowser } from '../support/console-pages.ts'
import { rene } from '../support/people.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'

let broker: TestBroker
let upstream: Upstream
let browser: Browser & AsyncDisposable
let page: Page
let client: TestClient
beforeAll(async () => {
  upstream = await startUpstream({ users: { rene } })
  // A key may sign as soon as it is published.
  broker = await startTestBroker({ settings: { signing_keys: { published_before: 1 } } })
  await broker.addSource(upstream)
  client = await broker.addClient({ client_name: 'Patient App' })
  browser = await launchBrowser()
  page = await browser.newPage({ locale: 'en-GB' })
  await enterInBrowser(page, broker.config.issuer)
}, 120_000)
afterAll(async () => {
  await browser[Symbol.asyncDispose]()
  await broker[Symbol.asyncDispose]()
  await upstream[Symbol.asyncDispose]()
})

const tokenNow = async () => (await broker.login(client, { params: { idp_hint: 'Okta' } })).tokens.access_token
const keyOf = (token: string) => String(decodeProtectedHeader(token).kid)
const heading = (text: string) => page.getByRole('heading', { level: 1, name: text }).waitFor()

/** By whoever fetches the published keys, and by asking us. */
async function counts(token: string) {
  const published = createRemoteJWKSet(new URL(`${broker.config.issuer}/jwks`))
  const verifies = await jwtVerify(token, published).then(
    () => true,
    () => false,
  )
  return { verifies, opens: (await broker.userinfo(token)).status === 200 }
}

describe('an administrator in the browser', () => {
  it('rotates the signing key, told that nobody is signed out, and nobody is', { timeout: 90_000 }, async () => {
    const before = await tokenNow()
    await page.goto(`${broker.config.issuer}/admin/keys`)
    await page.getByRole('link', { name: 'Rotate now' }).click()
    await heading('Let the next key sign now')
    await expect
      .poll(
        async () => {
          await page.reload()
          return page.getByRole('button', { name: 'Rotate now' }).count()
        },
        { timeout: 30_000 },
      )
      .toBe(1)
    await page.getByText('Nobody is signed out, and no token ends').waitFor()
    await page.getByRole('button', { name: 'Rotate now' }).click()
    await page.getByText('The next key signs now.').waitFor()
    const row = page.getByRole('row').filter({ hasText: keyOf(before) })
    await row.getByText('retiring: verifies only').waitFor()
    const after = await tokenNow()
    expect(keyOf(after)).not.toBe(keyOf(before))
    expect([await counts(before), await counts(after)]).toEqual(Array(2).fill({ verifies: true, opens: true }))
  })

  it('revokes a key, told what ends, and what it signed counts no more', { timeout: 90_000 }, async () => {
    const token = await tokenNow()
    const kid = keyOf(token)
    await page.goto(`${broker.config.issuer}/admin/keys`)
    await page.getByRole('link', { name: `Revoke the key ${kid}` }).click()
    await heading('Revoke a key in an emergency')
    await page.getByText('Every access token and ID token of this key is refused at once').waitFor()
    await page.getByText('Sessions, refresh tokens, codes and API keys go on').waitFor()
    expect(await counts(token)).toEqual({ verifies: true, opens: true })
    await page.getByLabel('Type revoke to confirm').fill('revoke')
    await page.getByRole('button', { name: 'Revoke' }).click()
    await page.getByText(`The key ${kid} is revoked.`).waitFor()
    expect(await counts(token)).toEqual({ verifies: false, opens: false })
    const next = await tokenNow()
    expect(await counts(next)).toEqual({ verifies: true, opens: true })
    // Whoever is signed in stays so, the administrator too.
    const { page: fresh } = await enterConsole(broker, '/admin/keys')
    expect(fresh.text).not.toContain(kid)
  })
})
