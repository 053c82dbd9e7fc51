import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { html } from '#views/html.ts'
import { launchBrowser } from '../support/chromium.ts'
import { previews } from '../support/preview-pages.ts'
import { type PreviewServer, servePages } from '../support/preview-server.ts'

const names = Object.keys(previews)
const conformance = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

let server: PreviewServer
let browser: Browser

beforeAll(async () => {
  const disobedient = html`<!doctype html><title>x</title><p style="color: red">x<script>document.title = 'ran'</script>`
  server = await servePages({ ...previews, disobedient })
  browser = await launchBrowser()
}, 60_000)

afterAll(async () => {
  await browser.close()
  server.close()
})

async function visit<T>(
  options: BrowserContextOptions,
  work: (page: Page, context: BrowserContext) => Promise<T>,
): Promise<T> {
  const context = await browser.newContext({ viewport: { width: 400, height: 740 }, ...options })
  try {
    return await work(await context.newPage(), context)
  } finally {
    await context.close()
  }
}

const open = (page: Page, name: string) => page.goto(`${server.origin}/${name}`)

/** Several browsers side by side, each with its share of the pages: what takes long on a page is mostly waiting. */
async function visitAll<T>(
  options: BrowserContextOptions,
  prepare: (page: Page) => Promise<unknown>,
  look: (page: Page, name: string) => Promise<readonly T[]>,
): Promise<T[]> {
  const lanes = Object.values(Object.groupBy(names, (name) => names.indexOf(name) % 4))
  const found = await Promise.all(
    lanes.map((lane = []) =>
      visit(options, async (page) => {
        await prepare(page)
        const seen: T[] = []
        for (const name of lane) seen.push(...(await look(page, name)))
        return seen
      }),
    ),
  )
  return found.flat()
}

/** Departures by POST stay where they are, so that their page can be looked at. */
const stay = (page: Page) => page.addInitScript('HTMLFormElement.prototype.requestSubmit = () => {}')

describe.each(['light', 'dark'] as const)('in the %s theme', (colorScheme) => {
  it('every page in every state passes axe', { timeout: 180_000 }, async () => {
    const found = await visitAll(
      { colorScheme, viewport: { width: colorScheme === 'light' ? 320 : 1280, height: 740 } },
      stay,
      async (page, name) => {
        await open(page, name)
        // No page has frames, for which alone the other mode opens a second page each time.
        const { violations } = await new AxeBuilder({ page }).withTags(conformance).setLegacyMode().analyze()
        return violations.map(({ id, nodes }) => `${name}: ${id} ${nodes.map((node) => node.html).join()}`)
      },
    )
    expect(found).toEqual([])
  })

  it('the background is the theme’s own', async () => {
    const ground = await visit({ colorScheme }, async (page) => {
      await open(page, 'sign-in')
      return page.evaluate('getComputedStyle(document.documentElement).backgroundColor')
    })
    expect(ground).toBe(colorScheme === 'light' ? 'rgb(250, 250, 248)' : 'rgb(18, 20, 22)')
  })
})

describe('layout', () => {
  it('no page scrolls sideways, nor does anything stick out, and what can be pressed has 24 pixels each way', {
    timeout: 60_000,
  }, async () => {
    const stuckOut =
      "[...document.querySelectorAll('body :not(bdi)')].filter((e) => { const box = e.getBoundingClientRect(); return box.right > innerWidth || box.left < 0 }).map((e) => 'sticks out: ' + e.outerHTML.slice(0, 80))"
    const tooSmall =
      "[...document.querySelectorAll('a, button, input, summary')].map((e) => [e, e.getBoundingClientRect()]).filter(([e, box]) => e.checkVisibility({ visibilityProperty: true }) && box.width * box.height > 0 && (box.width < 24 || box.height < 24)).map(([e, box]) => e.outerHTML.slice(0, 80) + ' is ' + box.width + ' × ' + box.height)"
    const problems = await visitAll({}, stay, async (page, name) => {
      await open(page, name)
      const found: unknown[] = []
      for (const width of [320, 400]) {
        await page.setViewportSize({ width, height: 740 })
        const scrollWidth = await page.evaluate('document.documentElement.scrollWidth')
        if (scrollWidth !== width) found.push(`scrolls to ${scrollWidth}`)
        for (const expression of [stuckOut, tooSmall]) found.push(...(await page.evaluate<string[]>(expression)))
      }
      return found.map((problem) => `${name}: ${problem}`)
    })
    expect(problems).toEqual([])
  })

  it('text twice as large still fits', async () => {
    const widths = await visit({ viewport: { width: 640, height: 740 } }, async (page) => {
      const found: unknown[] = []
      for (const name of ['sign-in-wrong', 'consent', 'problem']) {
        await open(page, name)
        // The policy forbids a style attribute in the page, not one that is set through the object model.
        await page.evaluate("document.documentElement.style.fontSize = '32px'; document.body.style.fontSize = '30px'")
        found.push(await page.evaluate('document.documentElement.scrollWidth'))
      }
      return found
    })
    expect(widths).toEqual([640, 640, 640])
  })
})

describe('keyboard', () => {
  it('tabbing meets every control in reading order, each with a visible focus', async () => {
    const met = await visit({}, async (page) => {
      await open(page, 'sign-in')
      const found: unknown[] = []
      for (let step = 0; step < 11; step += 1) {
        await page.keyboard.press('Tab')
        found.push(
          await page.evaluate(
            "(({ id, textContent }) => id || textContent)(document.activeElement) + ' ' + getComputedStyle(document.activeElement).outlineWidth",
          ),
        )
      }
      return found
    })
    expect(met).toEqual(
      [
        'source-partner',
        'source-Okta',
        'source-local',
        'username',
        'password',
        'Show',
        'submit',
        'back',
        'Copy',
        'Privacy policy',
        'Terms of use',
      ].map((control) => `${control} 2px`),
    )
  })

  it('after a wrong password the cursor stands in the password field, which is tied to the problem', async () => {
    await visit({}, async (page) => {
      await open(page, 'sign-in-sources-wrong')
      const focused = page.locator('#password:focus')
      expect(await focused.getAttribute('aria-describedby')).toBe('problem')
      expect(await focused.getAttribute('aria-invalid')).toBe('true')
      expect(await page.getByRole('alert').textContent()).toContain('The user name or password is not right.')
    })
  })

  it('does not jump past the sources when there is nothing to mend', async () => {
    await visit({}, async (page) => {
      await open(page, 'sign-in')
      expect(await page.evaluate('document.activeElement.tagName')).toBe('BODY')
      await open(page, 'sign-in-password')
      await page.locator('#username:focus').waitFor()
    })
  })
})

describe('without JavaScript', () => {
  const ids = {
    'sign-in': ['source-Okta', 'source-partner', 'username', 'password', 'submit', 'back', 'reference'],
    'sign-in-domain': ['email', 'continue'],
    consent: ['consent-allow', 'consent-deny'],
    logout: ['logout-yes', 'logout-no'],
    leaving: ['continue'],
    problem: ['reference'],
  }

  it.each(Object.entries(ids))(
    '%s has its ids, each once and visible, and no control that does nothing',
    async (name, expected) => {
      await visit({ javaScriptEnabled: false }, async (page) => {
        await open(page, name)
        for (const id of expected) {
          expect(await page.locator(`#${id}`).count()).toBe(1)
          expect(await page.locator(`#${id}`).isVisible()).toBe(true)
        }
        expect(await page.locator('button[type=button]:visible').count()).toBe(0)
      })
    },
  )

  const posted = async (name: string, press: string, fill: Readonly<Record<string, string>> = {}) =>
    visit({ javaScriptEnabled: false }, async (page) => {
      await open(page, name)
      for (const [id, value] of Object.entries(fill)) await page.fill(`#${id}`, value)
      await page.click(`#${press}`)
      return `${new URL(page.url()).pathname} ${await page.locator('body').textContent()}`
    })

  it('forms send what the broker expects', async () => {
    expect(await posted('sign-in', 'submit', { username: 'ada', password: 'p&ss' })).toBe(
      '/login/u1/password/local posted csrf=vA1nT9Yq&username=ada&password=p%26ss',
    )
    expect(await posted('sign-in', 'back')).toBe('/login/u1/abandon posted csrf=vA1nT9Yq')
    expect(await posted('sign-in-domain', 'continue', { email: 'ada@acme.com' })).toBe(
      '/login/u1/discover posted csrf=vA1nT9Yq&email=ada%40acme.com',
    )
    expect(await posted('consent', 'consent-allow')).toBe('/login/u1/consent posted csrf=vA1nT9Yq&decision=allow')
    expect(await posted('consent', 'consent-deny')).toBe('/login/u1/consent posted csrf=vA1nT9Yq&decision=deny')
    expect(await posted('logout', 'logout-yes')).toBe('/logout/confirm posted xsrf=vA1nT9Yq&logout=yes')
    expect(await posted('logout', 'logout-no')).toBe('/logout/confirm posted xsrf=vA1nT9Yq')
    expect(await posted('leaving', 'continue')).toBe('/arrived posted SAMLRequest=PHNhbWw%2B&RelayState=x')
  })
})

describe('with JavaScript', () => {
  it('shows and hides the password, and never sends it from a field that shows it', async () => {
    await visit({}, async (page) => {
      await open(page, 'sign-in')
      await page.fill('#username', 'ada')
      await page.fill('#password', 'secret')
      await page.getByRole('button', { name: 'Show password' }).click()
      expect(await page.getAttribute('#password', 'type')).toBe('text')
      await page.getByRole('button', { name: 'Hide password' }).click()
      expect(await page.getAttribute('#password', 'type')).toBe('password')

      await page.getByRole('button', { name: 'Show password' }).click()
      await page.route('**/password/local', (route) => route.fulfill({ status: 204 }))
      await Promise.all([page.waitForResponse('**/password/local'), page.click('#submit')])
      expect(await page.getAttribute('#password', 'type')).toBe('password')
    })
  })

  it('sends a form once, however often it is pressed', async () => {
    await visit({}, async (page) => {
      let requests = 0
      await page.route('**/password/local', async (route) => {
        requests += 1
        await new Promise((resolve) => setTimeout(resolve, 300))
        await route.fulfill({ body: 'done' })
      })
      await open(page, 'sign-in')
      await page.fill('#username', 'ada')
      await page.fill('#password', 'secret')
      await page.evaluate("for (const _ of [1, 2, 3]) document.getElementById('submit').click()")
      await page.waitForURL('**/password/local')
      expect(requests).toBe(1)
    })
  })

  it('remembers the theme that was chosen', async () => {
    await visit({ colorScheme: 'light' }, async (page) => {
      await open(page, 'sign-in')
      await page.getByRole('button', { name: 'Dark theme' }).click()
      await open(page, 'consent')
      expect(await page.evaluate('getComputedStyle(document.documentElement).backgroundColor')).toBe('rgb(18, 20, 22)')
      await page.getByRole('button', { name: 'Light theme' }).click()
      await page.emulateMedia({ colorScheme: 'dark' })
      await page.reload()
      expect(await page.evaluate('getComputedStyle(document.documentElement).backgroundColor')).toBe(
        'rgb(250, 250, 248)',
      )
    })
  })

  it('copies the reference and says so', async () => {
    await visit({ permissions: ['clipboard-read', 'clipboard-write'] }, async (page) => {
      await open(page, 'problem')
      await page.getByRole('button', { name: 'Copy the reference' }).click()
      await page.getByText('Copied').waitFor()
      expect(await page.evaluate('navigator.clipboard.readText()')).toBe('7K3-QF2-M9A')
    })
  })

  it('leaves by POST on its own, and the way back leads to the page before, not out again', async () => {
    await visit({}, async (page) => {
      await open(page, 'sign-in')
      await open(page, 'leaving')
      await page.waitForURL('**/arrived')
      await page.goBack()
      expect(new URL(page.url()).pathname).toBe('/sign-in')
    })
  })
})

describe('policy', () => {
  const found: string[] = []
  const listen = async (page: Page) => {
    await stay(page)
    await page.exposeFunction('complain', (text: string) => found.push(text))
    await page.addInitScript(
      "addEventListener('securitypolicyviolation', (e) => complain(location.pathname + ' ' + e.effectiveDirective))",
    )
    page.on('request', (request) => {
      if (new URL(request.url()).origin !== server.origin) found.push(`asked elsewhere: ${request.url()}`)
    })
    page.on('dialog', (dialog) => {
      found.push('a script of a stranger ran')
      return dialog.dismiss()
    })
  }
  const settle = (page: Page, name: string) => page.goto(`${server.origin}/${name}`, { waitUntil: 'networkidle' })
  beforeEach(() => void found.splice(0))

  it('a page that disobeys is noticed', async () => {
    await visit({}, async (page) => {
      await listen(page)
      await settle(page, 'disobedient')
    })
    expect(found).toEqual(['/disobedient style-src-attr', '/disobedient script-src-elem'])
  })

  it('SEC-010 every page obeys the policy, asks nobody else for anything, and runs no text', {
    timeout: 120_000,
  }, async () => {
    await visitAll({}, listen, async (page, name) => {
      await settle(page, name)
      return []
    })
    expect(found).toEqual([])
  })
})
