import type { Context } from 'koa'
import { assetFile } from '#views/assets.ts'
import { Refusal } from '../errors.ts'

/** Serves what pages link to. The address carries the content's hash, so it never needs asking for again. */
export function serveAsset(ctx: Context, name: string): void {
  const file = assetFile(name)
  if (!file) throw new Refusal('not_found', `There is no asset ${name}`)
  ctx.set('ETag', file.etag)
  ctx.set('Cache-Control', 'public, max-age=31536000, immutable')
  ctx.type = file.type
  ctx.status = 200
  if (ctx.fresh) ctx.status = 304
  else ctx.body = file.body
}
