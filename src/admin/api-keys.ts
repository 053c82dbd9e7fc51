import type Router from '@koa/router'
import type { RouterContext } from '@koa/router'
import type { ApiKey } from '../applications/api-key.ts'
import { ApiKeyInput, type ApiKeys, type NewApiKey, RotationInput } from '../applications/api-keys.ts'
import { readJson } from '../http/bodies.ts'
import { requireMatch, setETag } from '../http/etag.ts'
import { iso, listQuery, type Mounting } from './collection.ts'

/** The keys of an application: listed, made, rotated and revoked, and never changed otherwise. */
export function mountApiKeys(router: Router, apiKeys: ApiKeys, { authorise, base }: Mounting): void {
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

  router.get('/applications/:id/api-keys', async (ctx) => {
    await authorise(ctx, 'view')
    const { items, next } = await apiKeys.list(ofApplication(ctx), listQuery(ctx.querystring))
    ctx.body = { items: items.map(view), next }
  })

  router.post('/applications/:id/api-keys', async (ctx) => {
    const actor = await authorise(ctx, 'edit')
    show(ctx, await apiKeys.create(actor, ofApplication(ctx), await readJson(ctx, ApiKeyInput)))
  })

  router.get('/applications/:id/api-keys/:key', async (ctx) => {
    await authorise(ctx, 'view')
    const apiKey = await apiKeys.get(ofApplication(ctx), ctx.params.key ?? '')
    setETag(ctx, apiKey.version)
    ctx.body = view(apiKey)
  })

  router.post('/applications/:id/api-keys/:key/rotate', async (ctx) => {
    const actor = await authorise(ctx, 'edit')
    const hasBody = ctx.request.length || ctx.get('Transfer-Encoding')
    const input = hasBody ? await readJson(ctx, RotationInput) : RotationInput.parse({})
    const before = await current(ctx)
    show(ctx, await apiKeys.rotate(actor, before.applicationId, before.id, input, before.version))
  })

  router.delete('/applications/:id/api-keys/:key', async (ctx) => {
    const actor = await authorise(ctx, 'edit')
    const before = await current(ctx)
    await apiKeys.revoke(actor, before.applicationId, before.id, before.version)
    ctx.status = 204
  })
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
