import { once } from 'node:events'
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'

export interface RoundRobin extends AsyncDisposable {
  /** How many requests each node has had. */
  readonly turns: readonly number[]
  /** The nodes that get requests now. */
  readonly inUse: readonly URL[]
  /** From now on only these nodes get requests. */
  use(nodes: readonly URL[]): void
  /** From now on those of these nodes get requests that say they are ready, asked every so many milliseconds. */
  watch(nodes: readonly URL[], every?: number): void
}

/**
 * Stands before several nodes and gives each request to the next of them: nothing sticks. It keeps connections, and
 * tries another node when one cannot be reached at all, unless `tries` is 1; what failed later than that has failed.
 */
export async function startRoundRobin(port: number, tries = 3): Promise<RoundRobin> {
  let nodes: readonly URL[] = []
  let turn = 0
  let watching: NodeJS.Timeout | undefined
  const stopWatching = () => {
    clearInterval(watching)
    watching = undefined
  }
  const turns = new Map<string, number>()
  const agent = new Agent({ keepAlive: true })

  function forward(req: IncomingMessage, res: ServerResponse, body: Buffer, left: number): void {
    const node = nodes[turn++ % nodes.length]
    if (!node || left === 0) {
      res.writeHead(503, { 'x-from': 'round robin' }).end()
      return
    }
    const { method, headers, url: path } = req
    const onward = request({ host: node.hostname, port: node.port, method, headers, path, agent }, (answer) => {
      turns.set(node.href, (turns.get(node.href) ?? 0) + 1)
      const { connection: _, 'keep-alive': __, ...others } = answer.headers
      res.writeHead(answer.statusCode ?? 502, others)
      answer.on('error', () => res.destroy())
      answer.pipe(res)
    })
    onward.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') forward(req, res, body, left - 1)
      else res.destroy()
    })
    onward.end(body)
  }

  const server = createServer(async (req, res) => forward(req, res, await buffer(req), tries))
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')

  return {
    get turns() {
      return [...turns.values()]
    },
    get inUse() {
      return nodes
    },
    use(next) {
      stopWatching()
      nodes = next
    },
    watch(all, every = 100) {
      stopWatching()
      const ready = new Set(nodes)
      const silences = new Map<URL, number>()
      const look = async (node: URL) => {
        const is = await isReady(node)
        // What was asked before `use` says nothing any more.
        if (watching !== mine) return
        // One that says no is left at once; one that says nothing, when it has not for a while.
        silences.set(node, is === undefined ? (silences.get(node) ?? 0) + 1 : 0)
        if (is) ready.add(node)
        else if (is === false || (silences.get(node) ?? 0) >= patience) ready.delete(node)
        nodes = all.filter((one) => ready.has(one))
      }
      const looking = new Set<URL>()
      const mine = setInterval(() => {
        for (const node of all.filter((one) => !looking.has(one))) {
          looking.add(node)
          void look(node).finally(() => looking.delete(node))
        }
      }, every)
      watching = mine
    },
    async [Symbol.asyncDispose]() {
      stopWatching()
      agent.destroy()
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** How many probes in a row may get no answer. */
const patience = 3

/** `undefined`: no answer in time. */
async function isReady(node: URL): Promise<boolean | undefined> {
  try {
    const answer = await fetch(new URL('/health/ready', node), { signal: AbortSignal.timeout(1000) })
    await answer.arrayBuffer()
    return answer.ok
  } catch (error) {
    return error instanceof DOMException && error.name === 'TimeoutError' ? undefined : false
  }
}
