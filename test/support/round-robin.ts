import { once } from 'node:events'
import { createServer, request } from 'node:http'

export interface RoundRobin extends AsyncDisposable {
  /** How many requests each node has had. */
  readonly turns: readonly number[]
  /** From now on only these nodes get requests. */
  use(nodes: readonly URL[]): void
}

/** Stands before several nodes and gives each request to the next of them: nothing sticks. */
export async function startRoundRobin(port: number): Promise<RoundRobin> {
  let nodes: readonly URL[] = []
  let turn = 0
  const turns = new Map<string, number>()

  const server = createServer((req, res) => {
    const node = nodes[turn++ % nodes.length]
    if (!node) return res.writeHead(503).end()
    turns.set(node.href, (turns.get(node.href) ?? 0) + 1)
    const { method, headers, url: path } = req
    const onward = request({ host: node.hostname, port: node.port, method, headers, path }, (answer) => {
      res.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(res)
    })
    onward.on('error', () => res.destroy())
    return req.pipe(onward)
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')

  return {
    get turns() {
      return [...turns.values()]
    },
    use(next) {
      nodes = next
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
