import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import Koa from 'koa'
import { assetFile } from '#views/assets.ts'
import type { Html } from '#views/html.ts'
import { securityHeaders } from '../../src/http/security-headers.ts'
import { assets } from './preview-pages.ts'

export interface PreviewServer {
  readonly origin: string
  close(): void
}

/** Serves pages as the broker does, with its own headers; what is posted anywhere is answered with itself. */
export async function servePages(pages: Readonly<Record<string, Html>>): Promise<PreviewServer> {
  const app = new Koa()
  app.use(securityHeaders({ issuer: 'http://localhost', relayed: '/verify/' }))
  app.use(async (ctx) => {
    const name = ctx.path.startsWith(`${assets}/`) ? ctx.path.slice(assets.length + 1) : undefined
    const file = name && assetFile(name)
    if (file) {
      ctx.type = file.type
      ctx.body = file.body
    } else if (ctx.method === 'POST') {
      ctx.type = 'text/plain'
      ctx.body = `posted ${Buffer.concat(await Array.fromAsync(ctx.req)).toString()}`
    } else {
      ctx.type = 'text/html'
      ctx.body = pages[ctx.path.slice(1)]?.text
    }
  })
  const server = createServer(app.callback()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}
