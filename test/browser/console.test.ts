import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchBrowser } from '../support/chromium.ts'
import { startConsole } from '../support/console-pages.ts'

const conformance = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

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

/** There are many pages, and each test has time for some of them. */
const parts = [1, 2, 3, 4, 5, 6] as const
interface Options {
  readonly colorScheme: 'light' | 'dark'
  readonly width: number
  readonly locale: string
  readonly part: number
}

/** Every so many-th page of the console in turn, by an administrator who is signed in. */
async function visitPart(
  options: Options,
  look: (page: Page, name: string) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const { width, part, ...rest } = options
  const context = await browser.newContext({ ...rest, viewport: { width, height: 800 } })
  try {
    const page = await context.newPage()
    await console_.enter(page)
    const found: string[] = []
    const some = Object.entries(console_.pages).filter((_, index) => index % parts.length === part - 1)
    for (const [name, path] of some) {
      await page.goto(console_.issuer + path)
      found.push(...(await look(page, name)).map((problem) => `${name}: ${problem}`))
    }
    return found
  } finally {
    await context.close()
  }
}

const sideways =
  "document.documentElement.scrollWidth > innerWidth ? ['scrolls sideways to ' + document.documentElement.scrollWidth] : []"
const tooSmall =
  "[...document.querySelectorAll('a, button, input, select, textarea, summary')].map((e) => [e, e.getBoundingClientRect()]).filter(([e, box]) => e.checkVisibility({ visibilityProperty: true }) && box.top > -50 && box.width * box.height > 0 && (box.width < 24 || box.height < 24) && e.type !== 'checkbox').map(([e, box]) => e.outerHTML.slice(0, 90) + ' is ' + box.width + ' × ' + box.height)"

describe.each(parts)('every page of the console, part %i', (part) => {
  it.each([
    { colorScheme: 'light', width: 1280, locale: 'en-GB' },
    { colorScheme: 'dark', width: 1280, locale: 'de-DE' },
  ] as const)('passes axe in the $colorScheme theme', { timeout: 180_000 }, async (options) => {
    const found = await visitPart({ ...options, part }, async (page) => {
      const { violations } = await new AxeBuilder({ page }).withTags(conformance).setLegacyMode().analyze()
      return violations.map(({ id, nodes }) => `${id} ${nodes.map((node) => node.html).join()}`)
    })
    expect(found).toEqual([])
  })

  it('fits 320 pixels, and what can be pressed has 24 each way', { timeout: 120_000 }, async () => {
    const found = await visitPart({ colorScheme: 'light', width: 320, locale: 'de-DE', part }, async (page) => [
      ...(await page.evaluate<string[]>(sideways)),
      ...(await page.evaluate<string[]>(tooSmall)),
    ])
    expect(found).toEqual([])
  })
})
