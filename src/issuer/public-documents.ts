import type { IncomingMessage } from 'node:http'
import type { Middleware } from 'koa'
import type { KoaContextWithOIDC } from 'oidc-provider'
import type { DirectAnswer } from '../http/direct.ts'
import { digest } from '../ids.ts'

/** Verifiers may keep what we publish for an hour: rotation publishes a key longer than that before it signs. */
const longest = 3600

/** Seconds: never so long that a verifier could miss a key between its publication and its first use. */
export const publishedFor = (schedule: { readonly published_before: number }): number =>
  Math.min(longest, Math.floor(schedule.published_before / 2))

export interface PublicDocuments {
  /** Around the provider, which makes the documents: what it answers is kept. */
  readonly keep: Middleware
  /** What is kept already; `undefined`: it has not been asked for since the provider was built. */
  answer(req: IncomingMessage): DirectAnswer | undefined
}

interface Document {
  readonly tag: string
  readonly whole: DirectAnswer
  readonly unchanged: DirectAnswer
}

/**
 * The keys and the metadata of one provider, which do not change in its life: to be kept by others for `maxAge` seconds,
 * and asked about without being sent again. `addresses`: what they are asked for by, from the root.
 */
export function createPublicDocuments(maxAge: number, addresses: readonly string[]): PublicDocuments {
  const kept = new Map<string, Document>()

  return {
    async keep(ctx, next) {
      await next()
      const { oidc } = ctx as unknown as Partial<KoaContextWithOIDC>
      if (ctx.status !== 200 || (oidc?.route !== 'jwks' && oidc?.route !== 'discovery')) return
      const document = prepare(JSON.stringify(ctx.body), ctx.response.get('content-type'), maxAge)
      if (addresses.includes(ctx.originalUrl)) kept.set(ctx.originalUrl, document)
      const { status, headers, body } = answerTo(ctx.req, document)
      ctx.body = body ?? null
      ctx.status = status
      ctx.set({ ...headers })
    },

    answer(req) {
      const document = kept.get(req.url ?? '')
      return document && answerTo(req, document)
    },
  }
}

function prepare(text: string, type: string, maxAge: number): Document {
  const tag = `"${digest(text)}"`
  const headers = { 'Access-Control-Allow-Origin': '*', 'Cache-Control': `public, max-age=${maxAge}`, ETag: tag }
  return {
    tag,
    whole: { status: 200, headers: { ...headers, 'Content-Type': type }, body: Buffer.from(text) },
    unchanged: { status: 304, headers },
  }
}

// Not `ctx.fresh`: that sends everything again to whoever asks past the caches in between.
function answerTo({ headers }: IncomingMessage, { tag, whole, unchanged }: Document): DirectAnswer {
  const known = headers['if-none-match']?.split(',') ?? []
  return known.some((given) => [tag, `W/${tag}`, '*'].includes(given.trim())) ? unchanged : whole
}
