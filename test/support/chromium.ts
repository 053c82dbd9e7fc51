import { type Browser, chromium } from 'playwright-core'
import { findProgram } from '../../scripts/programs.mjs'

const quiet = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
]

/** A browser of its own, which `await using` closes. The program is the one that `CHROMIUM` names, or the machine's. */
export async function launchBrowser(): Promise<Browser & AsyncDisposable> {
  const executablePath = findProgram('chromium', process.env)
  if (!executablePath) throw new Error('There is no Chromium: run npm test, which installs it, or set CHROMIUM')
  return await chromium.launch({ executablePath, args: quiet })
}
