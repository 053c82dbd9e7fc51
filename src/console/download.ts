import type { Readable } from 'node:stream'
import type { Context } from 'koa'

/** What is not looked at but kept. */
export interface Download {
  readonly type: string
  /** RFC 6266. */
  readonly disposition: string
  readonly body: Readable
}

export function sendDownload(ctx: Context, { type, disposition, body }: Download): void {
  ctx.body = body
  ctx.type = type
  ctx.set({ 'Content-Disposition': disposition, 'Cache-Control': 'no-store' })
}
