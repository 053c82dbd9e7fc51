/**
 * The registry as the command line works on it: the server's own database, settings and operations, without a server.
 * Beside app.ts the one file that knows stores and connectors. Running nodes follow every change within a second.
 */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createNouns, longest } from '../assembly/nouns.ts'
import { type Clock, createSteadyClock } from '../clock.ts'
import type { Transact } from '../collection.ts'
import type { Config } from '../config/schema.ts'
import { secretKeys } from '../config/secret-key.ts'
import { createVault } from '../config/secrets.ts'
import { connectorCatalog } from '../connectors/catalog.ts'
import { createPasswordHasher } from '../connectors/local/password-hash.ts'
import { StartProblem } from '../errors.ts'
import { ignoreEvents } from '../events.ts'
import { createClientValidator } from '../issuer/validate-client.ts'
import { createSigningKeys, type SigningKeys } from '../keys/signing-keys.ts'
import type { Log } from '../log.ts'
import { createTellClients } from '../logout/tell-clients.ts'
import { createOutbound, type Outbound } from '../outbound/outbound.ts'
import { announceEndings } from '../sessions/endings.ts'
import { createSessions, type Sessions } from '../sessions/sessions.ts'
import {
  createBlock,
  createReadmit,
  createShutOut,
  type Readmit,
  type ShutOut,
  type Whom,
} from '../sessions/shut-out.ts'
import { openStores } from '../stores/open.ts'
import { backUpSqlite, leftOut, restoreSqlite } from '../stores/sql/backup.ts'
import { endWhatWasLive, inspectDatabase } from '../stores/sql/inspect.ts'
import type { RegistryStores, SqlStores } from '../stores/sql/open.ts'
import type { Vault } from '../vault.ts'
import type { SourceTypes } from './desired.ts'
import type { Nouns } from './nouns.ts'
import { createPasswords, type Passwords } from './passwords.ts'

export interface Registry extends AsyncDisposable {
  readonly config: Config
  readonly stores: SqlStores
  readonly vault: Vault
  readonly clock: Clock
  readonly sourceTypes: SourceTypes
  readonly passwords: Passwords
  readonly signingKeys: SigningKeys
  readonly http: Pick<Outbound, 'fetch'>
  readonly sessions: Sessions
  /** For looking only. */
  readonly nouns: Nouns
  /** Whatever `work` does happens in one transaction, or not at all. Whom it shuts out is out on every node at once. */
  change<T>(work: (nouns: Nouns) => Promise<T>): Promise<T>
}

interface Options {
  readonly config: Config
  readonly log: Log
  /** Where there is no database yet, one is made. */
  readonly mayCreate?: boolean
}

export async function openRegistry({ config, log, mayCreate = false }: Options): Promise<Registry> {
  requireDatabase(config.database_url, mayCreate)
  await using opened = new AsyncDisposableStack()
  const vault = createVault(await secretKeys(config))
  const clock = createSteadyClock()
  const kept = opened.use(
    await openStores({
      databaseUrl: config.database_url,
      connections: 2,
      redisUrl: config.redis_url,
      ...{ vault, clock, log },
    }),
  )
  clock.raise(await kept.raiseTime(clock()))
  const http = opened.use(
    createOutbound({ timeout: config.outbound.timeout, maxResponseBytes: config.outbound.max_response_bytes }),
  )
  const signingKeys = createSigningKeys({ ...kept, clock, schedule: config.signing_keys })
  const isSigning = (await signingKeys.list()).some(({ state }) => state === 'active')
  const ring = isSigning ? await signingKeys.read() : undefined
  const clientsToTell = opened.use(
    createTellClients({
      ...kept,
      ...{ config, http, clock, log },
      signingKey() {
        if (!ring) throw new Error('There is no signing key, and so no session that could have ended')
        return ring.active
      },
      report: ignoreEvents,
    }),
  )
  const stores = { ...kept, sessions: announceEndings({ ...kept, onEnded: (shares) => clientsToTell.tell(shares) }) }
  const hasher = createPasswordHasher()
  const passwords = createPasswords(hasher)
  const connectors = connectorCatalog({ http, users: stores.localUsers, passwords: hasher, clock, log })
  const validateClient = createClientValidator(config)
  const block = createBlock({ ...stores, clock, ...longest(config) })
  const readmit = createReadmit({ ...stores, clock })

  function nounsOn(
    inside: RegistryStores,
    transact: Transact<RegistryStores>,
    together: { readonly shutOut: ShutOut; readonly readmit: Readmit },
  ): Nouns {
    const record = { succeeded() {}, failed() {}, vouched() {} }
    const all = { ...stores, ...inside }
    return {
      ...createNouns({
        ...{ config, stores: all, transact, connectors, record, passwords, clock, together },
        validateClient,
      }),
      keptKeys: inside.apiKeys,
      localUsers: inside.localUsers,
      identities: inside.accounts,
      keptSources: inside.sources,
    }
  }

  const everything = opened.move()
  return {
    ...{ config, stores, vault, clock, passwords, signingKeys, http },
    sourceTypes: connectors,
    sessions: createSessions({
      ...{ ...stores, readmit, clock },
      shutOut: createShutOut({ ...stores, clock, ...longest(config) }),
    }),
    nouns: nounsOn(stores, refuseChanges, { shutOut: refuseChanges, readmit: refuseChanges }),

    async change(work) {
      const shutOut: Whom[] = []
      const readmitted: Whom[] = []
      const note: ShutOut = async (whom, transact, change) => {
        const changed = await transact(change)
        shutOut.push(whom)
        return changed
      }
      const noteIn: Readmit = async (whom) => void readmitted.push(whom)
      const blockAll = async () => {
        for (const whom of shutOut) await block(whom)
      }
      // As for one that is shut out: the mark before the commit, and once more for whoever came in between.
      const result = await stores.transact(async (inside) => {
        const result = await work(nounsOn(inside, (of) => of(inside), { shutOut: note, readmit: noteIn }))
        await blockAll()
        return result
      })
      await blockAll()
      for (const whom of readmitted) await readmit(whom)
      return result
    },

    [Symbol.asyncDispose]: () => everything.disposeAsync(),
  }
}

export type DatabaseTools = typeof databaseTools

export const databaseTools = {
  ...{ backUpSqlite, restoreSqlite, leftOut, endWhatWasLive },

  /** Rejects with a `StartProblem` when there is none, and with `Unavailable`. */
  async inspectDatabase(url: string) {
    requireDatabase(url, false)
    return inspectDatabase(url)
  },

  /** Those that are there; none is made. */
  async secretKeyIds(config: Config): Promise<readonly string[]> {
    const [, file] = /^sqlite:(.+)$/.exec(config.database_url) ?? []
    const isThere = config.secret_keys || (file && existsSync(join(dirname(file), 'secret.key')))
    return isThere ? createVault(await secretKeys(config)).keyIds : []
  },

  /** Whether a server has ever begun to use it. */
  async holdsAnything(url: string): Promise<boolean> {
    const [, file] = /^sqlite:(.+)$/.exec(url) ?? []
    if (file !== undefined) return existsSync(file)
    return (await inspectDatabase(url)).isUsed
  },
}

const refuseChanges = (): never => {
  throw new Error('Changes are made in one transaction')
}

function requireDatabase(url: string, mayCreate: boolean): void {
  const [, file] = /^sqlite:(.+)$/.exec(url) ?? []
  if (file === ':memory:')
    throw new StartProblem('database_url: sqlite::memory: is the memory of a running server only')
  if (file === undefined || mayCreate || existsSync(file)) return
  throw new StartProblem(
    `database_url: there is no ${file}. The server makes it at its first start; a relative name is relative to where ` +
      'the command is run.',
  )
}

/** For looking at their settings: nothing is opened, and nobody is reached. */
export function knownSourceTypes(log: Log): SourceTypes {
  const never = () => {
    throw new Error('Nothing is reached from here')
  }
  const passwords = createPasswordHasher()
  return connectorCatalog({
    http: { fetch: never, [Symbol.asyncDispose]: async () => {} },
    users: { byUsername: never, replace: never },
    passwords,
    clock: createSteadyClock(),
    log,
  })
}
