import type { RouterContext } from '@koa/router'
import { z } from 'zod'
import type { ApiKey } from '../applications/api-key.ts'
import { ApiKeyInput, type ApiKeys, type NewApiKey, RotationInput } from '../applications/api-keys.ts'
import { requireMatch, setETag } from '../http/etag.ts'
import { iso, listQuery } from './collection.ts'
import { listParameters } from './collection-operations.ts'
import { exampleIds, moments } from './examples.ts'
import type { Mount } from './operation.ts'

const shown = z.strictObject({
  id: z.uuid(),
  api_id: z.uuid(),
  name: z.string(),
  prefix: z.string().describe('How the key begins, by which it is known.'),
  expires_at: z.iso.datetime().nullable(),
  last_used_at: z.iso.datetime().nullable().describe('To the hour; not before `created_at`.'),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
})

const shape = {
  name: 'ApiKey',
  schema: shown,
  example: {
    ...{ id: exampleIds.apiKey, api_id: exampleIds.api, name: 'production', prefix: 'gh_7Hq2mXc4Lr9T' },
    ...{ expires_at: '2030-01-01T00:00:00.000Z', last_used_at: null, ...moments },
  },
}
const made = {
  name: 'NewApiKey',
  schema: shown.extend({ key: z.string().describe('The key itself, shown this once.') }),
  example: { ...shape.example, key: 'gh_7Hq2mXc4Lr9T_b64pZk0QW1sZ3V5Y7u9w2A4C6E8G0J1K3M5N7P9R1T3V5X7Z9' },
}

const application = { id: { is: 'Which application', example: exampleIds.application } }
const all = { tag: 'applications', path: '/applications/:id/api-keys', parameters: application } as const
const one = {
  tag: 'applications',
  path: '/applications/:id/api-keys/:key',
  parameters: { ...application, key: { is: 'Which key', example: exampleIds.apiKey } },
} as const
const isMade = { status: 201, is: 'It was made', shape: made, headers: ['ETag', 'Location'] } as const

/** The keys of an application: listed, made, rotated and revoked, and never changed otherwise. @param base of addresses. */
export function mountApiKeys(mount: Mount, apiKeys: ApiKeys, base: string): void {
  const ofApplication = (ctx: RouterContext) => ctx.params.id ?? ''

  async function current(ctx: RouterContext): Promise<ApiKey> {
    const key = await apiKeys.get(ofApplication(ctx), ctx.params.key ?? '')
    requireMatch(ctx, key.version)
    return key
  }

  function show(ctx: RouterContext, { key, apiKey }: NewApiKey): void {
    ctx.status = 201
    ctx.set('Location', `${base}/applications/${apiKey.applicationId}/api-keys/${apiKey.id}`)
    setETag(ctx, apiKey.version)
    ctx.body = { ...view(apiKey), key }
  }

  mount(
    {
      ...{ ...all, id: 'listApiKeys', method: 'get', right: 'view', query: listParameters },
      summary: 'List the API keys of an application',
      answer: { status: 200, is: 'A page of them', shape, paged: true },
    },
    async (ctx, { query }) => {
      const { items, next } = await apiKeys.list(ofApplication(ctx), listQuery(query))
      ctx.body = { items: items.map(view), next }
    },
  )

  mount(
    {
      ...{ ...all, id: 'createApiKey', method: 'post', right: 'edit' },
      summary: 'Make an API key',
      body: {
        schema: ApiKeyInput,
        described: { name: 'ApiKeyInput', schema: ApiKeyInput },
        example: { api_id: exampleIds.api, name: 'production', expires_at: '2030-01-01T00:00:00Z' },
      },
      answer: isMade,
    },
    async (ctx, { actor, body }) => show(ctx, await apiKeys.create(actor, ofApplication(ctx), body)),
  )

  mount(
    {
      ...{ ...one, id: 'getApiKey', method: 'get', right: 'view' },
      summary: 'Show an API key',
      answer: { status: 200, is: 'As it is now', shape, headers: ['ETag'] },
    },
    async (ctx) => {
      const apiKey = await apiKeys.get(ofApplication(ctx), ctx.params.key ?? '')
      setETag(ctx, apiKey.version)
      ctx.body = view(apiKey)
    },
  )

  mount(
    {
      ...{ ...one, id: 'rotateApiKey', method: 'post', path: `${one.path}/rotate`, right: 'edit', guarded: true },
      summary: 'Make another key for the same API',
      description: 'Both are good for the overlap; the one before for no longer than it was before.',
      body: {
        schema: RotationInput,
        described: { name: 'ApiKeyRotation', schema: RotationInput },
        ...{ optional: true, example: { overlap_seconds: 3600 } },
      },
      answer: isMade,
    },
    async (ctx, { actor, body }) => {
      const before = await current(ctx)
      show(ctx, await apiKeys.rotate(actor, before.applicationId, before.id, body, before.version))
    },
  )

  mount(
    {
      ...{ ...one, id: 'revokeApiKey', method: 'delete', right: 'edit', guarded: true },
      summary: 'Revoke an API key at once',
      answer: { status: 204, is: 'It opens nothing any more' },
    },
    async (ctx, { actor }) => {
      const before = await current(ctx)
      await apiKeys.revoke(actor, before.applicationId, before.id, before.version)
      ctx.status = 204
    },
  )
}

const view = (key: ApiKey) => ({
  id: key.id,
  api_id: key.apiId,
  name: key.name,
  prefix: key.prefix,
  expires_at: key.expiresAt === null ? null : iso(key.expiresAt),
  last_used_at: key.lastUsedAt === null ? null : iso(key.lastUsedAt),
  created_at: iso(key.createdAt),
  updated_at: iso(key.updatedAt),
})
