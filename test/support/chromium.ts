import { type Browser, chromium } from 'playwright-core'
import { pathOf } from './program.ts'

const quiet = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
]

/** A browser of its own, which `await using` closes. The program is the one that `CHROMIUM` names, or the machine's. */
export async function launchBrowser(): Promise<Browser & AsyncDisposable> {
  return await chromium.launch({ executablePath: pathOf('chromium'), args: quiet })
}
