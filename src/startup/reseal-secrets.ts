import { setTimeout as pause } from 'node:timers/promises'
import type { Clock } from '../clock.ts'
import type { SealedStore } from '../keys/sealed-store.ts'
import type { Log } from '../log.ts'
import type { Vault } from '../vault.ts'

interface Needs {
  readonly secrets: SealedStore
  readonly vault: Pick<Vault, 'keyIds'>
  /** Seconds for which sessions and sign-ins may hold what an old key sealed or signed. */
  readonly longestSession: number
  readonly clock: Clock
  readonly log: Log
}

const everyMinute = 60_000
const betweenBatches = 10

/**
 * Seals what lies under an old secret key anew under the first one: a few values at a time, while requests are
 * answered, and again each minute for as long as an old key is configured, since nodes that still seal under it may
 * be running. Whoever dies on the way has done a part; several nodes do no more than one.
 */
export function resealSecrets({ secrets, vault, longestSession, clock, log }: Needs): AsyncDisposable {
  const [first = '', ...old] = vault.keyIds
  const stop = new AbortController()
  const startedAt = clock()
  let told = false

  async function resealAll(): Promise<void> {
    const counts = await secrets.count()
    const [lost, waiting] = [under(counts, (id) => !vault.keyIds.includes(id)), under(counts, (id) => old.includes(id))]
    if (lost > 0)
      log.error({ values: lost }, 'secrets are sealed under a key that is not in GATEHOUSE_SECRET_KEY: put it back')
    if (waiting > 0) log.info({ values: waiting, key_id: first }, 'sealing secrets anew under the first secret key')

    let [resealed, place] = [0, waiting > 0 ? '0:' : null]
    while (place !== null && !stop.signal.aborted) {
      const step = await secrets.resealSome(place)
      for (const value of step.broken)
        log.error({ value }, 'a secret does not open: it was altered, or moved from elsewhere')
      resealed += step.resealed
      place = step.next
      await pause(betweenBatches)
    }
    if (stop.signal.aborted) return
    if (waiting > 0) log.info({ values: resealed, key_id: first }, 'secrets were sealed anew')
    await tellWhenDone()
  }

  async function tellWhenDone(): Promise<void> {
    const left = under(await secrets.count(), (id) => old.includes(id))
    if (left === 0 && !told && old.length > 0)
      log.info(
        { key_id: first, from: new Date(startedAt + longestSession * 1000).toISOString() },
        'nothing in the registry is sealed under an old key: once all sessions have begun with the new one, ' +
          'the old one can be taken out of GATEHOUSE_SECRET_KEY',
      )
    told = left === 0
  }

  let running: Promise<void> = Promise.resolve()
  let busy = false
  const begin = () => {
    if (busy) return
    busy = true
    running = resealAll()
      .catch((err) => log.warn({ err }, 'secrets could not be sealed anew; it is tried again'))
      .finally(() => {
        busy = false
      })
  }
  const timer = old.length > 0 ? setInterval(begin, everyMinute).unref() : undefined
  begin()

  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      stop.abort()
      await running
    },
  }
}

const under = (counts: Readonly<Record<string, number>>, which: (id: string) => boolean): number =>
  Object.entries(counts)
    .filter(([id]) => which(id))
    .reduce((sum, [, count]) => sum + count, 0)
