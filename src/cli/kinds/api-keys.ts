import type { ApiKey } from '../../applications/api-key.ts'
import { ApiKeyInput, type ApiKeys } from '../../applications/api-keys.ts'
import type { Actor } from '../../audit/audit.ts'
import type { Clock } from '../../clock.ts'
import { invalidInput, parseInput } from '../../input.ts'
import { apiKeyKey } from '../format.ts'
import type { Kind } from '../kind.ts'
import { everything, type Names } from '../names.ts'
import type { Nouns } from '../nouns.ts'

interface Needs {
  readonly actor: Actor
  readonly apiKeys: ApiKeys
  readonly kept: Nouns['keptKeys']
  readonly names: Names
  readonly clock: Clock
}

/** That an application has a key for an API. The key it has stays, however it was made; of several the newest counts. */
export function apiKeyKind({ actor, apiKeys, kept, names, clock }: Needs): Kind<'api-keys', ApiKey> {
  const moment = (expiresAt: number | null) => (expiresAt === null ? null : new Date(expiresAt).toISOString())
  const written = async ({ applicationId, apiId, name, expiresAt }: ApiKey) => ({
    application: (await names.slugOfApplication(applicationId)) ?? applicationId,
    api: await names.slugOfApi(apiId),
    name,
    expires_at: moment(expiresAt),
  })

  return {
    name: 'api-keys',
    all: async () => (await everything(kept.list)).filter(({ expiresAt }) => expiresAt === null || expiresAt > clock()),
    async keyOf({ applicationId, apiId, name }) {
      const application = await names.slugOfApplication(applicationId)
      return application ? apiKeyKey(application, await names.slugOfApi(apiId), name) : undefined
    },
    written,

    async wanted(entry, before) {
      if (before) return { written: await written(before), secrets: [] }
      const expiresAt = entry.expires_at === null ? null : Date.parse(entry.expires_at)
      // Its time has come and gone: that is what the file wanted.
      if (expiresAt !== null && expiresAt <= clock()) return undefined
      return { written: { ...entry, expires_at: moment(expiresAt) }, secrets: ['key'] }
    },

    async create({ application, api, name, expires_at }) {
      const id = await names.applicationBySlug(application)
      if (id === undefined)
        throw invalidInput([{ path: 'application', message: `there is no application ${application}` }])
      const input = parseInput(ApiKeyInput, { api_id: await names.apiBySlug(api), name, expires_at })
      const { key } = await apiKeys.create(actor, id, input)
      return { key }
    },

    replace: async () => ({}),
    remove: ({ id, applicationId, version }) => apiKeys.revoke(actor, applicationId, id, version),
    isKept: () => false,
  }
}
