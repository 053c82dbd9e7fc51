/** Reads the configuration, starts, waits for a signal, stops; with several workers, in a process each. */
import cluster from 'node:cluster'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import './startup/keep-compiled.mjs'
import './startup/spare-websockets.mjs'
import type { Config } from './config/schema.ts'
import type { Log } from './log.ts'
import type { Announcement } from './startup/workers.ts'

const { loadConfig } = await import('./config/load.ts')
const { unknownVariables } = await import('./config/unknown-variables.ts')
const { Refusal, StartProblem, Unavailable } = await import('./errors.ts')
const { errorText, printable } = await import('./redaction.ts')
const { listenForStop } = await import('./startup/stop.ts')

const stop = listenForStop()
// Node.js would write down all that hangs on the error, such as a command with its password.
process.on('uncaughtException', (error) => {
  console.error(errorText(error))
  process.exit(1)
})
// Whoever waited for it has had their answer, or has their own end: others need not suffer for what nobody waited for.
process.on('unhandledRejection', (error) => console.error(errorText(error)))

try {
  const config = await loadConfig(process.env, join(import.meta.dirname, '..'))
  const { createLog } = await import('./log.ts')
  const log = createLog(config.log_level)
  if (cluster.isPrimary) tellIgnored(log)
  const count = config.workers === 'auto' ? availableParallelism() : config.workers
  if (count > 1 && cluster.isPrimary) await serveByWorkers(count, log)
  else await serve(config, log)
} catch (error) {
  console.error(isTheirs(error) ? printable(error.message) : errorText(error))
  process.exitCode = 1
}
// The channel to a parent process, such as the primary of workers, would keep this one alive.
if (process.connected) process.exit()
// So would a log that nobody takes.
setTimeout(() => process.exit(), 1000).unref()

/** What the operator can put right is told in words; where in our code it was noticed says nothing to them. */
function isTheirs(error: unknown): error is Error {
  const known = [StartProblem, Refusal, Unavailable].some((kind) => error instanceof kind)
  return known || (error instanceof Error && 'syscall' in error)
}

/** Whoever set it or asked for it believes that it does something. */
function tellIgnored(log: Log): void {
  if (process.argv.length > 2)
    log.warn('arguments change nothing: there are settings for that, and the command line, npx gatehouse help')
  for (const { name, nearest } of unknownVariables(process.env))
    log.warn(`the environment variable ${name} is not a setting and changes nothing; ${nearest} is the nearest`)
}

async function serve(config: Config, log: Log): Promise<void> {
  const { beginFirstKey } = await import('./startup/first-key.ts')
  const keyPair = beginFirstKey(config.database_url)
  const { startBroker } = await import('./app.ts')
  const { createSteadyClock } = await import('./clock.ts')
  const { secretKeys } = await import('./config/secret-key.ts')
  const { tellPrimary } = await import('./startup/workers.ts')

  const clock = createSteadyClock()
  // Libraries read the time themselves; it has to be the same one that everything else goes by.
  Date.now = clock
  await using broker = await startBroker(config, await secretKeys(config), { clock, log, ...(keyPair && { keyPair }) })
  const { issuer, administrator, url } = broker
  const announcement = { issuer, administrator, address: url.origin }
  if (cluster.isWorker) tellPrimary(announcement)
  else announce(announcement)

  await aborted(stop.soon)
  const { drain, timeout } = config.shutdown
  broker.drain()
  await aborted(AbortSignal.any([stop.now, AbortSignal.timeout(drain * 1000)]))
  setTimeout(giveUp, (timeout + 5) * 1000).unref()
}

async function serveByWorkers(count: number, log: Log): Promise<void> {
  const { relayMetrics } = await import('./operations/cluster-metrics.ts')
  const { runWorkers } = await import('./startup/workers.ts')
  relayMetrics()
  await runWorkers({ count, stop, log, announce })
}

function announce({ issuer, address, administrator }: Announcement): void {
  console.log(`Gatehouse is ready
  issuer   ${issuer}
  console  ${issuer}/admin`)
  // Behind a proxy, or at whatever port was free.
  if (new URL(address).port !== new URL(issuer).port) console.log(`  listens  ${address}`)
  if (administrator) {
    const { username, generatedPassword } = administrator
    const password = generatedPassword ? `${generatedPassword} (shown this once)` : 'as configured'
    console.log(`  administrator ${printable(username)}, password ${password}`)
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort')
}

function giveUp(): never {
  console.error('What was under way did not end in time, and is cut off.')
  process.exit(1)
}
