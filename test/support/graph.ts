import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Graph extends AsyncDisposable {
  readonly url: string
  /** What was asked, oldest first. */
  readonly asked: readonly {
    readonly path: string
    readonly authorization: string | undefined
    readonly body: unknown
  }[]
  /** What it answers from now on. */
  answer(status: number, body: unknown): void
}

/** Microsoft Graph as far as it is asked: which groups is the owner of this access token in? */
export async function startGraph(groups: readonly string[]): Promise<Graph> {
  let reply: { readonly status: number; readonly body: unknown } = { status: 200, body: { value: groups } }
  const asked: { path: string; authorization: string | undefined; body: unknown }[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString() || 'null')
    asked.push({ path: `${request.method} ${request.url}`, authorization: request.headers.authorization, body })
    response.writeHead(reply.status, { 'content-type': 'application/json' }).end(JSON.stringify(reply.body))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    answer(status, body) {
      reply = { status, body }
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}
