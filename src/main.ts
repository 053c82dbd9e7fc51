/** Reads the configuration, starts, waits for a signal, stops. */
import { once } from 'node:events'
import { join } from 'node:path'
import './startup/keep-compiled.mjs'

const { startBroker } = await import('./app.ts')
const { loadConfig } = await import('./config/load.ts')
const { secretKeys } = await import('./config/secret-key.ts')
const { requireSupported } = await import('./config/supported.ts')
const { Refusal, StartProblem } = await import('./errors.ts')

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())

try {
  await run()
} catch (error) {
  console.error(isTheirs(error) ? error.message : error)
  process.exitCode = 1
}

/** What the operator can put right is told in words; where in our code it was noticed says nothing to them. */
function isTheirs(error: unknown): error is Error {
  const known = error instanceof StartProblem || error instanceof Refusal
  return known || (error instanceof Error && 'syscall' in error)
}

async function run(): Promise<void> {
  const config = await loadConfig(process.env, join(import.meta.dirname, '..'))
  requireSupported(config)
  await using broker = await startBroker(config, await secretKeys(config))

  console.log(`Gatehouse is ready
  issuer   ${broker.issuer}
  console  ${broker.issuer}/admin`)
  if (broker.administrator) {
    const { username, generatedPassword } = broker.administrator
    const password = generatedPassword ? `${generatedPassword} (shown this once)` : 'as configured'
    console.log(`  administrator ${username}, password ${password}`)
  }
  if (!stop.signal.aborted) await once(stop.signal, 'abort')
}
