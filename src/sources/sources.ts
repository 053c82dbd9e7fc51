import { isDeepStrictEqual } from 'node:util'
import type { Actor, AuditStore } from '../audit/audit.ts'
import { changesNothing, recordChange } from '../audit/record.ts'
import type { ClientStore } from '../clients/client.ts'
import type { Clock } from '../clock.ts'
import { found, type Page, requireVersion, type Transact } from '../collection.ts'
import {
  type Connector,
  type ConnectorConfig,
  type ConnectorType,
  type Expiry,
  overAlready,
  type SourceType,
} from '../connector.ts'
import { Refusal } from '../errors.ts'
import { newId } from '../ids.ts'
import { invalidInput, parseInput, together } from '../input.ts'
import type { RoleStore } from '../roles/role.ts'
import type { Readmit, ShutOut } from '../sessions/shut-out.ts'
import { createConnections } from './connections.ts'
import type { Source, SourceQuery, SourceStore, SourceUsage } from './source.ts'
import { auditedSource, type SourceInput, sourceInput } from './source-input.ts'
import type { SourceStatus, SourceStatusStore, StatusRecorder } from './status.ts'
import { type TrialResult, tryOut } from './trial.ts'

interface Stores {
  readonly sources: SourceStore
  readonly clients: Pick<ClientStore, 'allowing' | 'replace'>
  readonly roles: RoleStore
  readonly audit: AuditStore
}

interface Needs {
  readonly transact: Transact<Stores>
  readonly sources: SourceStore
  readonly sourceStatus: Pick<SourceStatusStore, 'of'>
  /** Told how sign-ins through the connectors go. */
  readonly record: Pick<StatusRecorder, 'succeeded' | 'failed' | 'vouched'>
  readonly connectors: ReadonlyMap<SourceType, ConnectorType>
  readonly shutOut: ShutOut
  readonly readmit: Readmit
  readonly clock: Clock
}

/** A configuration to be tried out; the secrets it omits are taken from the source it is a draft of, if there is one. */
export interface SourceDraft {
  readonly id?: string
  readonly alias?: string
  readonly type: SourceType
  readonly config: ConnectorConfig
}

export interface Expiring extends Expiry {
  readonly source: Source
}

/** The authentication sources: what administrators do with them, and the connectors that sign-in uses. */
export interface Sources {
  list(query: SourceQuery): Promise<Page<Source>>
  get(id: string): Promise<Source>
  /** By id: of one, or of a whole page. */
  usage(ids: readonly string[]): Promise<ReadonlyMap<string, SourceUsage>>
  status(ids: readonly string[]): Promise<ReadonlyMap<string, SourceStatus>>
  /** What in its settings is good for a time only. */
  expiries(source: Source): readonly Expiry[]
  /** Of enabled sources, what is over before `until` (milliseconds), the soonest first; of at most `limit` sources. */
  expiring(until: number, limit: number): Promise<readonly Expiring[]>
  create(actor: Actor, input: SourceInput): Promise<Source>
  /** A secret that `input` omits stays as it is; `null` removes it. Disabling shuts out everybody who came through it. */
  replace(actor: Actor, id: string, input: SourceInput, expected: number): Promise<Source>
  /** Rejects with `in_use`, naming them, while APIs or portals refer to it. Clients that name it keep their other sources. */
  remove(actor: Actor, id: string, expected: number): Promise<void>
  test(draft: SourceDraft): Promise<TrialResult>
  /** Whether a test of it takes a secret that is kept here to other settings than those it is kept for. */
  movesSecrets(draft: SourceDraft): Promise<boolean>
  connector(source: Source): Connector
  /** The source that `input` would make, or make of the one with this id. Rejects as `create` and `replace` do. */
  draft(input: SourceInput, id?: string): Promise<Source>
  /** For a test: a connector of its own, which keeps nothing and tells nobody how it fares, and is closed by whoever opened it. */
  openApart(source: Source): Connector
  /** Every type that a source can be of in this version. */
  readonly types: ReadonlyMap<SourceType, Pick<ConnectorType, 'config' | 'secrets'>>
  /** How people of such a source prove who they are; `undefined`: this version has no connector of the type. */
  kindOf(type: SourceType): Connector['kind'] | undefined
  close(): Promise<void>
}

export function createSources(needs: Needs): Sources {
  const { transact, sources, sourceStatus, record, connectors, shutOut, readmit, clock } = needs
  const connections = createConnections(connectors, record)
  const get = async (id: string) => found(await sources.get(id), `authentication source ${id}`)

  async function parse(input: SourceInput, before?: Source) {
    const { type, domains } = input
    if (before) requireSame(before, input)
    const known = connectors.get(type)
    if (!known) {
      const available = [...connectors.keys()].join(', ')
      throw invalidInput([{ path: 'type', message: `${type} is not available in this version; there is ${available}` }])
    }
    const [config] = await together([parseConfig(known, input, before), requireNoDomains(known, domains)])
    return { ...input, ...config }
  }

  async function parseConfig(known: ConnectorType, { type, config }: SourceInput, before?: Source) {
    const parsed = parseInput(known.config, withKeptSecrets(config, known.secrets, before), 'config')
    const found = expiries({ type, config: parsed })
    const over = overAlready(found, clock(), before && expiries(before))
    if (over.length > 0) throw invalidInput(over.map((problem) => ({ ...problem, path: `config.${problem.path}` })))
    const ends = found.map(({ expiresAt }) => expiresAt)
    return {
      config: parsed,
      secretNames: known.secrets.filter((name) => parsed[name] !== undefined),
      expiresAt: ends.length > 0 ? Math.min(...ends) : null,
    }
  }

  async function requireNoDomains({ kind, type }: ConnectorType, domains: readonly string[]): Promise<void> {
    if (kind === 'presented' && domains.length > 0)
      throw invalidInput([{ path: 'domains', message: `nobody is sent to a source of type ${type} to sign in` }])
  }

  const expiries = ({ type, config }: Pick<Source, 'type' | 'config'>) => connectors.get(type)?.expiries?.(config) ?? []

  /** Early notice of all that is taken: the store names the first it meets. */
  async function requireFree({ id, alias, domains }: Pick<Source, 'id' | 'alias' | 'domains'>) {
    const namesake = await sources.byAlias(alias)
    const isTaken = namesake !== undefined && namesake.id !== id
    const problems = isTaken ? [{ path: 'alias', message: 'is taken' }] : []
    for (const [index, domain] of domains.entries()) {
      const owner = await sources.byDomain(domain)
      if (!owner || owner.id === id) continue
      problems.push({ path: `domains.${index}`, message: `${domain} belongs to the source ${owner.alias}` })
    }
    const [first] = problems
    if (first) throw new Refusal('conflict', isTaken ? undefined : first.message, { problems })
  }

  // Before the source itself: the registry keeps a source's roles as references.
  async function ensureRoles(roles: RoleStore, { mapping }: Pick<Source, 'mapping'>) {
    for (const { role, client } of mapping.roles) await roles.ensure({ name: role, client: client ?? null }, clock())
  }

  const subject = ({ id, alias }: Source) => ({ type: 'source', id, name: alias })

  /** The source whose secrets a draft need not say again. */
  async function keeperOf({ id, alias, type }: SourceDraft): Promise<Source | undefined> {
    const there = id === undefined ? alias && (await sources.byAlias(alias)) : await get(id)
    return there && there.type === type ? there : undefined
  }

  return {
    list: (query) => sources.list(query),
    get,
    usage: (ids) => sources.usage(ids),
    status: (ids) => sourceStatus.of(ids),
    expiries,

    async expiring(until, limit) {
      const found = await sources.expiring(until, limit)
      return found
        .flatMap((source) => expiries(source).map((expiry) => ({ ...expiry, source })))
        .filter(({ expiresAt }) => expiresAt < until)
        .toSorted((one, other) => one.expiresAt - other.expiresAt)
    },

    async create(actor, input) {
      const now = clock()
      const source: Source = {
        id: newId(),
        version: 1,
        createdAt: now,
        updatedAt: now,
        ...(await parse(input)),
      }
      await requireFree(source)
      await transact(async ({ sources, roles, audit }) => {
        await ensureRoles(roles, source)
        await sources.add(source)
        await recordChange(audit, actor, clock, { subject: subject(source), after: auditedSource(source) })
      })
      // Its alias may be one that was removed just now.
      await readmit({ source })
      return source
    },

    async replace(actor, id, input, expected) {
      const before = await get(id)
      requireVersion(before, expected)
      const next = { ...before, ...(await parse(input, before)), updatedAt: clock() }
      if (changesNothing(auditedSource(before), auditedSource(next, before))) return before
      await requireFree(next)
      const change = async ({ sources, roles, audit }: Stores) => {
        await ensureRoles(roles, next)
        const after = await sources.replace(next, expected)
        const views = { before: auditedSource(before), after: auditedSource(after, before) }
        await recordChange(audit, actor, clock, { subject: subject(after), ...views })
        return after
      }
      if (!next.enabled) return shutOut({ source: next }, transact, change)
      const after = await transact(change)
      if (!before.enabled) await readmit({ source: next })
      return after
    },

    async remove(actor, id, expected) {
      const before = await get(id)
      const remove = async ({ sources, clients, audit }: Stores) => {
        // A client that allows it keeps its other sources; one that allows no other is open to nobody, never to everybody.
        for (const client of await clients.allowing(id)) {
          const allowedSources = (client.allowedSources ?? []).filter((source) => source !== id)
          await clients.replace({ ...client, allowedSources, updatedAt: clock() }, client.version)
          await recordChange(audit, actor, clock, {
            subject: { type: 'client', id: client.id, name: client.metadata.client_name ?? client.id },
            before: { allowed_sources: client.allowedSources },
            after: { allowed_sources: allowedSources },
          })
        }
        await sources.remove(id, expected)
        await recordChange(audit, actor, clock, { subject: subject(before), before: auditedSource(before) })
      }
      await shutOut({ source: before }, transact, remove)
      await connections.forget(id)
    },

    async test(draft) {
      const { type, config } = draft
      const secrets = connectors.get(type)?.secrets ?? []
      return tryOut({ type, config: withKeptSecrets(config, secrets, await keeperOf(draft)) }, connectors)
    },

    async movesSecrets(draft) {
      const keeper = await keeperOf(draft)
      if (!keeper?.secretNames.some((name) => !(name in draft.config))) return false
      return !isDeepStrictEqual(draft.config, sourceInput(keeper).config)
    },

    connector: connections.connector,

    async draft(input, id) {
      const before = id === undefined ? undefined : await get(id)
      if (!before && (await sources.byAlias(input.alias)))
        throw new Refusal('conflict', undefined, { problems: [{ path: 'alias', message: 'is taken' }] })
      const now = clock()
      const fresh = { id: newId(), version: 1, createdAt: now, updatedAt: now }
      return { ...(before ?? fresh), ...(await parse(input, before)) }
    },

    openApart(source) {
      const type = connectors.get(source.type)
      if (!type) throw new Refusal('source_disabled')
      return type.open(source.config, { id: source.id, alias: source.alias, isTest: true })
    },

    types: connectors,
    kindOf: (type) => connectors.get(type)?.kind,
    close: connections.close,
  }
}

function withKeptSecrets(config: ConnectorConfig, secrets: readonly string[], before?: Source): ConnectorConfig {
  const kept = secrets.flatMap((name) =>
    name in config || !before || !(name in before.config) ? [] : [[name, before.config[name]]],
  )
  const given = Object.entries(config).filter(([name, value]) => !(secrets.includes(name) && value === null))
  return Object.fromEntries([...given, ...kept])
}

/** Alias and type stand in callback addresses, tokens and links between people and identities. */
function requireSame(before: Source, input: SourceInput): void {
  const changed = (['alias', 'type'] as const).filter((member) => before[member] !== input[member])
  if (changed.length === 0) return
  throw invalidInput(changed.map((path) => ({ path, message: `cannot be changed; it is ${before[path]}` })))
}
