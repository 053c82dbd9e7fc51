/**
 * Notices when Redis has lost what it knew: a backup that was restored, a replica promoted long after, a flush. A pulse
 * in Redis grows every second; the highest one seen is remembered here and, every few seconds, in the registry. When
 * Redis comes back with an older pulse, the registry's generation is raised. It is the prefix of every key, so nothing
 * from before is found any more. docs/decisions/0019-redis-may-forget-but-not-revive.md says why it is done so.
 */
import { type Clock, seconds } from '../../clock.ts'
import { Unavailable } from '../../errors.ts'
import type { Log } from '../../log.ts'
import type { LiveLineage } from '../live-lineage.ts'
import type { Connection } from './connection.ts'
import { prefixOf } from './keys.ts'

/** Milliseconds that Redis may lose without anybody having to sign in again: what a failover may cost. */
export const tolerance = 5000
const beatEvery = 1000
const rememberEvery = 5000

/** In a cluster each server can be restored for itself, so each is to have a pulse: by chance, with near certainty. */
const pulsesInCluster = 32

export interface Lineage extends AsyncDisposable {
  prefix(): string
  /** Throws `Unavailable` while it is not known whether Redis still is what it was. */
  requireTrust(): void
  /** Seconds: what was known before then is lost. `null`: nothing is. */
  forgottenAt(): number | null
  /** Of one server; read together with what is only worth something if it is there. */
  pulseKey(): string
  /** Throws `Unavailable` when this pulse is older than it should be. */
  requirePulse(pulse: unknown): void
  /** Resolves with the first look, or when there is none to be had for now. */
  look(): Promise<void>
}

// Answers what the pulse was, and what it is now: 0 when it was older than it should be, and was left alone.
const beat = `
local was = tonumber(redis.call('GET', KEYS[1]) or '0')
if was < tonumber(ARGV[1]) then return {tostring(was), '0'} end
local time = redis.call('TIME')
local now = math.max(was + 1, time[1] * 1000 + math.floor(time[2] / 1000))
redis.call('SET', KEYS[1], string.format('%.0f', now))
return {tostring(was), string.format('%.0f', now)}`

interface Needs {
  readonly connection: Connection
  readonly kept: LiveLineage
  readonly clock: Clock
  readonly log: Log
}

export async function createLineage({ connection, kept, clock, log }: Needs): Promise<Lineage> {
  let { generation, pulse, since } = await kept.read()
  let trusted = false
  let rememberedAt = performance.now()
  const count = connection.isCluster ? pulsesInCluster : 1
  let highest: number[] = Array(count).fill(pulse)

  const keyOf = (index: number) => `${prefixOf(generation)}pulse:${index}`

  async function lookOnce(): Promise<void> {
    const answers = await Promise.all(
      highest.map((seen, index) => connection.send('eval', beat, 1, keyOf(index), seen - tolerance)),
    )
    const pulses = answers.map((answer) => Number((answer as readonly string[])[1]))
    if (pulses.includes(0)) return raise()
    highest = pulses
    trusted = true
    if (performance.now() - rememberedAt < rememberEvery) return
    rememberedAt = performance.now()
    await kept.notePulse(generation, Math.min(...pulses))
  }

  async function raise(): Promise<void> {
    trusted = false
    const lost = Array.from(highest, (_, index) => keyOf(index))
    log.warn({ generation }, 'Redis has lost what it knew: everybody signs in again')
    await kept.raise(generation, seconds(clock()))
    ;({ generation, pulse, since } = await kept.read())
    highest = Array(count).fill(pulse)
    // Should the registry be restored to before this, the old pulse shall not be found in order.
    await Promise.all(lost.map((key) => connection.send('unlink', key)))
    await lookOnce()
  }

  let running: Promise<void> | undefined
  function look(): Promise<void> {
    if (!connection.isConnected()) return Promise.resolve()
    running ??= lookOnce()
      .catch((err) => log.warn({ err }, 'whether Redis still is what it was could not be told'))
      .finally(() => {
        running = undefined
      })
    return running
  }

  connection.onConnected(() => void look())
  connection.onLost(() => {
    trusted = false
  })
  const timer = setInterval(look, beatEvery).unref()

  return {
    prefix: () => prefixOf(generation),
    requireTrust() {
      if (!trusted) throw new Unavailable('store', 'Redis was away: whether it still is what it was is not known yet')
    },
    forgottenAt: () => (since === 0 ? null : since),
    pulseKey: () => keyOf(0),
    requirePulse(found) {
      if (Number(found ?? 0) >= (highest[0] ?? 0) - tolerance) return
      trusted = false
      throw new Unavailable('store', 'Redis has lost what it knew')
    },
    look,
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      await running
    },
  }
}
