import type { Middleware } from 'koa'
import type { KoaContextWithOIDC } from 'oidc-provider'
import type { ClientStore } from '../clients/client.ts'
import { brokerMetadataOf } from './client-records.ts'

interface Paths {
  /** What is published: every page may read it. */
  readonly open: readonly string[]
  /** What a page's script may call for its client. */
  readonly forClients: readonly string[]
}

/** Seconds for which a browser need not ask again. */
const asked = '3600'
const headers = ['Allow-Origin', 'Allow-Methods', 'Allow-Headers', 'Expose-Headers', 'Max-Age']

/**
 * Which pages' scripts may read our answers (Fetch §3.2, RFC 9700 §2.6): everybody's what is published, never with
 * credentials; a client's own origins what it asks for. The library's answer depends on the caller's word alone
 * where it does not know the client yet: in a preflight, and in most errors.
 */
export function answerOrigins(clients: Pick<ClientStore, 'anyWithOrigin'>, { open, forClients }: Paths): Middleware {
  return async (ctx, next) => {
    if (open.includes(ctx.path)) {
      ctx.set('Access-Control-Allow-Origin', '*')
      if (ctx.method !== 'OPTIONS') return next()
      ctx.set({ 'Access-Control-Allow-Methods': 'GET', 'Access-Control-Max-Age': asked })
      ctx.status = 204
      return
    }
    if (!forClients.includes(ctx.path)) return next()

    const origin = ctx.get('Origin')
    const registered = origin !== '' && (await clients.anyWithOrigin(origin))
    ctx.vary('Origin')
    if (ctx.method === 'OPTIONS' && !registered) {
      ctx.status = 204
      return
    }
    try {
      await next()
    } finally {
      const client = (ctx as unknown as Partial<KoaContextWithOIDC>).oidc?.client
      const allowed = registered && (!client || brokerMetadataOf(client).webOrigins.includes(origin))
      if (!allowed) for (const name of headers) ctx.remove(`Access-Control-${name}`)
    }
  }
}
