/**
 * Test logins: somebody goes the whole way through a source that is a draft or switched off, and nothing comes of it but
 * a report. They are begun by administrators, opened once by whoever has the link, and forgotten when they expire.
 */
import type { Actor, AuditStore } from '../audit/audit.ts'
import type { Clock } from '../clock.ts'
import { found } from '../collection.ts'
import { digest, newId, newSecret } from '../ids.ts'
import type { Dropped } from '../mapping/dropped.ts'
import type { ReasonCode } from '../reasons.ts'
import type { TraceStep } from '../traces/trace.ts'
import type { Vault } from '../vault.ts'
import type { Source } from './source.ts'

export interface TestLogin {
  readonly id: string
  readonly source: Source
  /** It is kept as it was tried; `false`: a draft, or changed for the test. */
  readonly stored: boolean
  /** For whom the tokens would be. */
  readonly clientId: string | null
  readonly startedAt: number
  readonly expiresAt: number
  readonly state: 'waiting' | 'opened' | 'succeeded' | 'refused' | 'could_not_tell'
  readonly reason: ReasonCode | null
  readonly steps: readonly TraceStep[]
  readonly result: TestResult | null
  readonly linkDigest: string
  /** Of what the browser has that opened it. */
  readonly browserDigest: string | null
}

export interface TestResult {
  readonly subject: string
  /** Everything the source said, as it came. */
  readonly received: Readonly<Record<string, unknown>>
  readonly mapped: Readonly<Record<string, unknown>>
  readonly dropped: readonly Dropped[]
  /** Whether the person would be let in, and if not why. */
  readonly admission: { readonly allowed: boolean; readonly reason: ReasonCode | null }
  /** The claims of the tokens there would be. They are not signed. */
  readonly tokens: { readonly access_token: object; readonly id_token: object } | null
  readonly apis: readonly {
    readonly id: string
    readonly name: string
    readonly allowed: boolean
    readonly because: readonly string[]
  }[]
}

/** Short-lived; what is kept is sealed. */
export interface TestLoginStore {
  put(id: string, sealed: string, expiresAt: number): Promise<void>
  get(id: string): Promise<string | undefined>
  /** `true` for exactly one of any number of calls. */
  claim(id: string, expiresAt: number): Promise<boolean>
}

interface Needs {
  readonly store: TestLoginStore
  readonly audit: Pick<AuditStore, 'record'>
  readonly vault: Vault
  readonly clock: Clock
}

interface Wish {
  readonly source: Source
  readonly stored: boolean
  readonly clientId: string | null
}

export interface TestLogins {
  /** The link's secret is told this once. */
  start(actor: Actor, wish: Wish): Promise<{ readonly test: TestLogin; readonly secret: string }>
  /** Rejects with `not_found` when it is over. */
  get(id: string): Promise<TestLogin>
  /** `undefined`: it is over, or never was. */
  find(id: string): Promise<TestLogin | undefined>
  /** Binds it to one browser; answers what that browser is to keep. `undefined`: somebody has opened it already. */
  open(test: TestLogin): Promise<{ readonly test: TestLogin; readonly browser: string } | undefined>
  save(test: TestLogin): Promise<void>
}

/** Milliseconds; for opening the link, signing in and reading the report. */
const lifetime = 30 * 60_000

export function createTestLogins({ store, audit, vault, clock }: Needs): TestLogins {
  const contextOf = (id: string) => `test-login/${id}`

  async function save(test: TestLogin): Promise<void> {
    await store.put(test.id, vault.seal(JSON.stringify(test), contextOf(test.id)), test.expiresAt)
  }

  async function find(id: string): Promise<TestLogin | undefined> {
    const sealed = await store.get(id)
    // It was sealed by ourselves, and cannot have been altered.
    const test = sealed === undefined ? undefined : (JSON.parse(vault.open(sealed, contextOf(id))) as TestLogin)
    return test && test.expiresAt > clock() ? test : undefined
  }

  return {
    save,
    find,
    get: async (id) => found(await find(id), `test login ${id}`),

    async start(actor, wish) {
      const secret = newSecret()
      const startedAt = clock()
      const test: TestLogin = {
        ...{ id: newId(), ...wish, startedAt, expiresAt: startedAt + lifetime },
        ...{ state: 'waiting', reason: null, steps: [], result: null },
        ...{ linkDigest: digest(secret), browserDigest: null },
      }
      await save(test)
      // Whoever opens the link shows what is said about them to whoever made it.
      const { id, alias } = wish.source
      await audit.record({
        ...{ id: newId(), at: startedAt, actor, action: 'test_login.started' },
        subject: { type: 'source', id, name: alias },
        ...{ before: null, after: { test_login: test.id, stored: wish.stored } },
      })
      return { test, secret }
    },

    async open(test) {
      if (!(await store.claim(test.id, test.expiresAt))) return undefined
      const browser = newSecret()
      const opened: TestLogin = { ...test, state: 'opened', browserDigest: digest(browser) }
      await save(opened)
      return { test: opened, browser }
    },
  }
}
