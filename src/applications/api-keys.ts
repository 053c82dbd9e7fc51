import { z } from 'zod'
import type { ApiStore } from '../apis/api.ts'
import type { Actor, AuditStore } from '../audit/audit.ts'
import { recordChange } from '../audit/record.ts'
import type { Clock } from '../clock.ts'
import { found, type ListQuery, type Page, requireVersion, type Transact } from '../collection.ts'
import { digest, newId } from '../ids.ts'
import { invalidInput, together } from '../input.ts'
import type { ApiKey, ApiKeyStore } from './api-key.ts'
import type { ApplicationStore } from './application.ts'
import { newKey } from './key-text.ts'

const Moment = z.iso
  .datetime({ offset: true })
  .transform((text) => Date.parse(text))
  .nullable()

/** What POST says about a key. */
export const ApiKeyInput = z.strictObject({
  api_id: z.string().min(1).max(255),
  name: z.string().trim().max(200).default(''),
  expires_at: Moment.default(null),
})
export type ApiKeyInput = z.output<typeof ApiKeyInput>

/** What a rotation says. An omitted `expires_at` gives the new key as long as the one before was made for. */
export const RotationInput = z.strictObject({
  /** Seconds for which both are good; 0: the one before is worth nothing at once. */
  overlap_seconds: z.int().min(0).max(7_776_000).default(86_400),
  expires_at: Moment.optional(),
})
export type RotationInput = z.output<typeof RotationInput>

interface Stores {
  readonly apiKeys: ApiKeyStore
  readonly audit: AuditStore
}

interface Needs {
  readonly transact: Transact<Stores>
  readonly apiKeys: ApiKeyStore
  readonly applications: Pick<ApplicationStore, 'get'>
  readonly apis: Pick<ApiStore, 'get'>
  readonly clock: Clock
}

/** The key, which is shown this once, and what is kept of it. */
export interface NewApiKey {
  readonly key: string
  readonly apiKey: ApiKey
}

/** The keys of applications. Every method rejects with `not_found` for an application, or a key of it, that is not there. */
export interface ApiKeys {
  list(applicationId: string, query: ListQuery): Promise<Page<ApiKey>>
  get(applicationId: string, id: string): Promise<ApiKey>
  create(actor: Actor, applicationId: string, input: ApiKeyInput): Promise<NewApiKey>
  /** Another key for the same API; the one before is good for the overlap, and no longer than it was before. */
  rotate(actor: Actor, applicationId: string, id: string, input: RotationInput, expected: number): Promise<NewApiKey>
  revoke(actor: Actor, applicationId: string, id: string, expected: number): Promise<void>
}

export function createApiKeys({ transact, apiKeys, applications, apis, clock }: Needs): ApiKeys {
  const subject = ({ id, prefix }: ApiKey) => ({ type: 'api_key', id, name: prefix })

  async function get(applicationId: string, id: string): Promise<ApiKey> {
    const key = await apiKeys.get(id)
    return found(
      key?.applicationId === applicationId ? key : undefined,
      `key ${id} of the application ${applicationId}`,
    )
  }

  async function make(given: Pick<ApiKey, 'applicationId' | 'apiId' | 'name' | 'expiresAt'>): Promise<NewApiKey> {
    const { key, prefix } = newKey()
    const now = clock()
    if (given.expiresAt !== null && given.expiresAt <= now)
      throw invalidInput([{ path: 'expires_at', message: 'must lie in the future' }])
    const entity = { id: newId(), version: 1, createdAt: now, updatedAt: now }
    return { key, apiKey: { ...entity, ...given, prefix, digest: digest(key), lastUsedAt: null } }
  }

  async function requireApi(id: string): Promise<void> {
    if (!(await apis.get(id))) throw invalidInput([{ path: 'api_id', message: `there is no API ${id}` }])
  }

  async function add({ apiKeys, audit }: Stores, actor: Actor, { apiKey }: NewApiKey) {
    await apiKeys.add(apiKey)
    await recordChange(audit, actor, clock, { subject: subject(apiKey), after: audited(apiKey) })
  }

  return {
    async list(applicationId, query) {
      found(await applications.get(applicationId), `application ${applicationId}`)
      return apiKeys.ofApplication(applicationId, query)
    },

    get,

    async create(actor, applicationId, { api_id: apiId, name, expires_at: expiresAt }) {
      found(await applications.get(applicationId), `application ${applicationId}`)
      const [made] = await together([make({ applicationId, apiId, name, expiresAt }), requireApi(apiId)])
      await transact((stores) => add(stores, actor, made))
      return made
    },

    async rotate(actor, applicationId, id, { overlap_seconds, expires_at }, expected) {
      const before = await get(applicationId, id)
      requireVersion(before, expected)
      const { apiId, name } = before
      const now = clock()
      const expiresAt = expires_at === undefined ? now + lifetimeOf(before) : expires_at
      const made = await make({
        applicationId,
        apiId,
        name,
        expiresAt: expiresAt === Number.POSITIVE_INFINITY ? null : expiresAt,
      })
      const ends = Math.min(now + overlap_seconds * 1000, before.expiresAt ?? Number.POSITIVE_INFINITY)
      await transact(async (stores) => {
        const after = await stores.apiKeys.replace({ ...before, expiresAt: ends, updatedAt: now }, expected)
        const change = { before: audited(before), after: audited(after) }
        await recordChange(stores.audit, actor, clock, { subject: subject(before), ...change })
        await add(stores, actor, made)
      })
      return made
    },

    async revoke(actor, applicationId, id, expected) {
      const before = await get(applicationId, id)
      await transact(async ({ apiKeys, audit }) => {
        await apiKeys.remove(id, expected)
        await recordChange(audit, actor, clock, { subject: subject(before), before: audited(before) })
      })
    },
  }
}

/** Milliseconds. Rotating is all that ever changes a key, and cuts it short: what it was made for is not known then. */
function lifetimeOf({ version, createdAt, expiresAt }: ApiKey): number {
  if (version === 1) return expiresAt === null ? Number.POSITIVE_INFINITY : expiresAt - createdAt
  throw invalidInput([{ path: 'expires_at', message: 'must be given, since the key has been rotated before' }])
}

const audited = ({ applicationId, apiId, name, prefix, expiresAt }: ApiKey) => ({
  application: applicationId,
  api: apiId,
  name,
  prefix,
  expires_at: expiresAt === null ? null : new Date(expiresAt).toISOString(),
})
