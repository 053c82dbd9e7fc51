/** Reads the configuration, starts, waits for a signal, stops. */
import { once } from 'node:events'
import { join } from 'node:path'
import { startBroker } from './app.ts'
import { loadConfig } from './config/load.ts'
import { secretKeys } from './config/secret-key.ts'
import { requireSupported } from './config/supported.ts'

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())

const config = await loadConfig(process.env, join(import.meta.dirname, '..'))
requireSupported(config)
await using broker = await startBroker(config, await secretKeys(config))

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
