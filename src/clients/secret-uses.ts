import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import { type ClientSecret, secretName } from './client-secret.ts'

export interface SecretUse {
  readonly clientId: string
  /** {@link secretName} */
  readonly secret: string
}

export interface SecretUseStore {
  /** When secrets of these clients were used last, in milliseconds. */
  of(clientIds: readonly string[]): Promise<readonly (SecretUse & { readonly at: number })[]>
  /** Clients that are gone are not missed. */
  note(uses: readonly SecretUse[], at: number): Promise<void>
}

/** When a secret was used last, in milliseconds; never before it was made, which hours would say of its first use. */
export function lastUses(
  uses: readonly (SecretUse & { readonly at: number })[],
): (clientId: string, secret: ClientSecret) => number | null {
  const usedAt = new Map(uses.map(({ clientId, secret, at }) => [`${secret} ${clientId}`, at]))
  return (clientId, secret) => {
    const at = usedAt.get(`${secretName(secret)} ${clientId}`)
    return at === undefined ? null : Math.max(at, secret.createdAt)
  }
}

/** When clients last proved themselves by which secret, to the hour. Written behind the request. */
export interface SecretUses extends AsyncDisposable {
  note(clientId: string, secret: ClientSecret): void
  /** Writes what has been noted; happens every minute by itself, and at the end. */
  write(): Promise<void>
}

interface Needs {
  readonly secretUses: Pick<SecretUseStore, 'note'>
  readonly clock: Clock
  readonly log: Log
}

const hour = 3_600_000
const everyMinute = 60_000
const most = 20_000

export function createSecretUses({ secretUses, clock, log }: Needs): SecretUses {
  /** Of this hour, by client and digest: written already, or still to be. */
  const known = new Set<string>()
  const noted: SecretUse[] = []
  let current = 0

  async function write(): Promise<void> {
    const uses = noted.splice(0)
    if (uses.length === 0) return
    try {
      await secretUses.note(uses, current)
    } catch (err) {
      known.clear()
      log.warn({ err }, 'when secrets of clients were used last could not be written')
    }
  }

  const timer = setInterval(write, everyMinute).unref()

  return {
    note(clientId, secret) {
      const now = clock()
      const thisHour = now - (now % hour)
      if (thisHour !== current || known.size >= most) known.clear()
      current = thisHour
      const key = `${secret.digest} ${clientId}`
      if (known.has(key)) return
      known.add(key)
      noted.push({ clientId, secret: secretName(secret) })
    },

    write,

    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      await write()
    },
  }
}
