/** Reads the configuration, starts, waits for a signal, stops. */
import { once } from 'node:events'
import { join } from 'node:path'
import { startBroker } from './app.ts'
import { ConfigProblem, loadConfig } from './config/load.ts'
import { secretKeys } from './config/secret-key.ts'
import { requireSupported } from './config/supported.ts'
import { Refusal } from './errors.ts'

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())

await using broker = await start().catch(explain)

console.log(`Gatehouse is ready
  issuer   ${broker.issuer}
  console  ${broker.issuer.replace(/\/$/, '')}/admin`)
if (broker.administrator) {
  const { username, generatedPassword } = broker.administrator
  console.log(
    `  administrator ${username}, password ${generatedPassword ?? 'as configured'}${generatedPassword ? ' (shown this once)' : ''}`,
  )
}
if (!stop.signal.aborted) await once(stop.signal, 'abort')

async function start() {
  const config = await loadConfig(process.env, join(import.meta.dirname, '..'))
  requireSupported(config)
  return await startBroker(config, await secretKeys(config))
}

/** What the operator can put right is told in words; where in our code it was noticed says nothing to them. */
function explain(error: unknown): never {
  const isTheirs =
    error instanceof ConfigProblem || error instanceof Refusal || (error instanceof Error && 'syscall' in error)
  if (!isTheirs) throw error
  console.error(error.message)
  process.exit(1)
}
