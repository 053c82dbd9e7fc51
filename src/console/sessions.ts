/**
 * Administrators' stays in the console, in the live state: any node knows them, and a restart loses none. The browser has
 * a random secret and nothing else; the tokens that the stay stands on never leave the server.
 */
import type { Clock } from '../clock.ts'
import { digest, newSecret } from '../ids.ts'
import type { Vault } from '../vault.ts'

export interface ConsoleSession {
  readonly accountId: string
  readonly accessToken: string
  readonly refreshToken: string
  /** Milliseconds; when the access token expires. */
  readonly expiresAt: number
  /** Seconds; when the person last proved who they are. */
  readonly authTime: number
  /** Of the broker's session that it is a part of. */
  readonly sid: string
  readonly startedAt: number
}

/** Short-lived, by ids that are secrets' digests. */
export interface ConsoleStore {
  put(
    kind: 'ConsoleSession' | 'ConsoleSeen' | 'ConsoleForm',
    id: string,
    sealed: string,
    expiresAt: number,
  ): Promise<void>
  /** Expired is absent. */
  get(kind: 'ConsoleSession' | 'ConsoleSeen' | 'ConsoleForm', id: string): Promise<string | undefined>
  remove(kind: 'ConsoleSession' | 'ConsoleSeen' | 'ConsoleForm', id: string): Promise<void>
}

export interface ConsoleSessions {
  /** Answers the browser's secret. */
  start(session: ConsoleSession): Promise<string>
  /** `undefined`: there is none, or nothing was done in it for too long. */
  find(secret: string): Promise<ConsoleSession | undefined>
  save(secret: string, session: ConsoleSession): Promise<void>
  end(secret: string): Promise<void>
}

interface Needs {
  readonly store: ConsoleStore
  readonly vault: Vault
  readonly clock: Clock
  /** Milliseconds. */
  readonly idle: number
  /** Milliseconds. */
  readonly absolute: number
}

export function createConsoleSessions({ store, vault, clock, idle, absolute }: Needs): ConsoleSessions {
  const context = (id: string) => `console-session/${id}`
  /** How often it is written down that somebody is there: seldom enough that clicking costs no writes. */
  const pace = Math.min(60_000, idle / 10)

  async function save(secret: string, session: ConsoleSession): Promise<void> {
    const id = digest(secret)
    await store.put(
      'ConsoleSession',
      id,
      vault.seal(JSON.stringify(session), context(id)),
      session.startedAt + absolute,
    )
  }

  // Apart from the tokens, so that two requests at once never put old tokens in the place of new ones.
  const touch = (id: string) => store.put('ConsoleSeen', id, String(clock()), clock() + idle)

  return {
    save,

    async start(session) {
      const secret = newSecret()
      await Promise.all([save(secret, session), touch(digest(secret))])
      return secret
    },

    async find(secret) {
      const id = digest(secret)
      const [sealed, seen] = await Promise.all([store.get('ConsoleSession', id), store.get('ConsoleSeen', id)])
      if (sealed === undefined || seen === undefined) return undefined
      if (clock() - Number(seen) >= pace) await touch(id)
      // Sealed by ourselves, and bound to its id.
      return JSON.parse(vault.open(sealed, context(id))) as ConsoleSession
    },

    async end(secret) {
      const id = digest(secret)
      await Promise.all([store.remove('ConsoleSession', id), store.remove('ConsoleSeen', id)])
    },
  }
}
