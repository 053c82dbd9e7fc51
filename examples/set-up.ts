/** What an administrator does once: connect Okta, and register the web application. Doing it again changes nothing. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const root = fileURLToPath(new URL('..', import.meta.url))
const run = promisify(execFile)

/** Applies config/demo.yaml. `settings` are the broker's own, and what the file's variables and secrets stand for. */
export async function setUp(settings: Readonly<Record<string, string>>): Promise<void> {
  const command = ['bin/gatehouse.mjs', 'apply', 'config/demo.yaml', '--yes']
  await run(process.execPath, command, { cwd: root, env: { ...settings } })
}
