import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import Router from '@koa/router'
import Koa, { type Middleware } from 'koa'
import { createHttpServer, type Limits } from '../../src/http/server.ts'

/** A real server on a port of its own, closed with its scope. */
export async function listen(parts: readonly (Middleware | Router)[], overrides: Partial<Limits> = {}) {
  const app = new Koa({ proxy: true })
  app.silent = true
  for (const part of parts) {
    if (part instanceof Router) app.use(part.routes()).use(part.allowedMethods())
    else app.use(part)
  }
  const server = createHttpServer(app.callback(), overrides).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
