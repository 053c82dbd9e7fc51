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
  /** Of the page: a window of 1280 × 800 shows half of that each way at 2. */
  readonly zoom?: number
}

/** Every so many-th page of the console in turn, by an administrator who is signed in. */
async function visitPart(
  options: Options,
  look: (page: Page, name: string) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const { width, part, zoom = 1, ...rest } = options
  const viewport = { width: width / zoom, height: 800 / zoom }
  const context = await browser.newContext({ ...rest, viewport, deviceScaleFactor: zoom })
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
/** Text that its own box hides, or that lies beside the window where nobody can scroll to it. */
const cut = `(() => {
  const visible = (e) => e.checkVisibility({ visibilityProperty: true }) && e.getBoundingClientRect().width > 1 && !e.closest('.unseen, .skip')
  const own = (e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim() !== '')
  const scrolls = (e) => /auto|scroll/.test(getComputedStyle(e).overflowX)
  const inScroller = (e) => { for (let p = e.parentElement; p; p = p.parentElement) if (scrolls(p) && p !== document.body && p !== document.documentElement) return true; return false }
  const hidden = (e) => { const style = getComputedStyle(e); return /hidden|clip/.test(style.overflowX + style.overflowY) && (e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1) }
  return [...document.body.querySelectorAll('*')].filter((e) => visible(e) && own(e)).flatMap((e) => {
    const { left, right } = e.getBoundingClientRect()
    const isOut = (left < -1 || right > innerWidth + 1) && !inScroller(e)
    return isOut || hidden(e) ? [(isOut ? 'lies outside: ' : 'is cut: ') + e.outerHTML.slice(0, 120)] : []
  })
})()`
/** What stays in sight while the page scrolls leaves room for it. */
const covered =
  "[...document.body.querySelectorAll('*')].filter((e) => /fixed|sticky/.test(getComputedStyle(e).position) && e.tagName !== 'TH' && e.checkVisibility() && e.getBoundingClientRect().width > innerWidth / 2 && e.getBoundingClientRect().height > innerHeight / 3).map((e) => 'covers the page: ' + e.outerHTML.slice(0, 90))"

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
  it('can be read at 200 %: nothing is cut, lies outside or scrolls sideways', { timeout: 120_000 }, async () => {
    const zoomed = { colorScheme: 'light', width: 1280, locale: 'de-DE', zoom: 2, part } as const
    const found = await visitPart(zoomed, async (page) => [
      ...(await page.evaluate<string[]>(sideways)),
      ...(await page.evaluate<string[]>(cut)),
      ...(await page.evaluate<string[]>(covered)),
    ])
    expect(found).toEqual([])
  })
})
