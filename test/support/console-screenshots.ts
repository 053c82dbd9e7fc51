/** Pictures of the console's pages in both themes and at the width of a telephone: `node test/support/console-screenshots.ts [folder] [beginnings of names…]`. */
import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { launchBrowser } from './chromium.ts'
import { startConsole } from './console-pages.ts'

const folder = process.argv[2] ?? join(tmpdir(), 'gatehouse-console')
await mkdir(folder, { recursive: true })
await using console_ = await startConsole()
await using browser = await launchBrowser()

const wanted = process.argv.slice(3)
const pages = Object.entries(console_.pages).filter(
  ([name]) => wanted.length === 0 || wanted.some((beginning) => name.startsWith(beginning)),
)

const looks = {
  light: { colorScheme: 'light', viewport: { width: 1280, height: 800 } },
  dark: { colorScheme: 'dark', viewport: { width: 1280, height: 800 } },
  phone: { colorScheme: 'light', viewport: { width: 320, height: 640 } },
} as const

for (const [look, options] of Object.entries(looks)) {
  const context = await browser.newContext({ ...options, locale: look === 'dark' ? 'de-DE' : 'en-GB' })
  const page = await context.newPage()
  await console_.enter(page)
  for (const [name, path] of pages) {
    await page.goto(console_.issuer + path)
    await page.screenshot({ path: join(folder, `${name}-${look}.png`), fullPage: true })
  }
  await context.close()
}
process.stdout.write(`${folder}\n`)
