import { once } from 'node:events'
import { createServer, type RequestListener, type Server, type ServerOptions, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { StartProblem } from '../errors.ts'
import { type Connections, watchConnections } from './connections.ts'
import { answerUnreadable, type Unreadable } from './unreadable.ts'

const second = 1000

export type Limits = Required<
  Pick<
    ServerOptions,
    'maxHeaderSize' | 'headersTimeout' | 'requestTimeout' | 'keepAliveTimeout' | 'connectionsCheckingInterval'
  >
>

/**
 * An HTTP server that no slow or large request can tie up: `header` counts the request line and all headers
 * (431 beyond), times are for a whole head, a whole request and an idle connection (408 beyond). Bodies have
 * limits of their own where they are read.
 */
export const limits: Limits = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 10 * second,
  requestTimeout: 30 * second,
  // Longer than the minute for which load balancers commonly keep theirs, so that they end it and not we.
  keepAliveTimeout: 65 * second,
  connectionsCheckingInterval: 2 * second,
}

export const createHttpServer = (handler: RequestListener, overrides: Partial<Limits> = {}): Server =>
  createServer({ ...limits, ...overrides }, handler)

/** When the server closes: for a request to be seen whose bytes are here already. */
const moment = second

export interface Listening extends AsyncDisposable {
  readonly url: URL
  /** From now on every answer ends its connection, so that whoever asks again asks somebody else. */
  drain(): void
}

interface Needs {
  readonly host: string
  readonly port: number
  /** Seconds. */
  readonly patience: number
  readonly onUnreadable: (unreadable: Unreadable) => void
}

/**
 * Answers requests until it is disposed of: then it takes no more, lets those under way finish for `patience` seconds,
 * and waits for nobody who keeps a connection without asking anything. Rejects with a {@link StartProblem} when the
 * address cannot be had.
 */
export async function listen(
  handler: RequestListener,
  { host, port, patience, onUnreadable }: Needs,
  overrides: Partial<Limits> = {},
): Promise<Listening> {
  let draining = false
  const server = createHttpServer((req, res) => {
    if (draining) endConnection(res)
    connections.begin(res)
    handler(req, res)
  }, overrides)
  const connections = watchConnections(server)
  answerUnreadable(server, {
    isAnswered: (socket) => connections.underWay(socket).some(({ headersSent }) => headersSent),
    tell: onUnreadable,
  })
  server.listen(port, host)
  try {
    await once(server, 'listening')
  } catch (error) {
    throw cannotListen(error, `${host}:${port}`)
  }
  const bound = server.address() as AddressInfo
  return {
    url: new URL(`http://${host.includes(':') ? `[${host}]` : host}:${bound.port}`),
    drain() {
      draining = true
      connections.underWay().forEach(endConnection)
    },
    [Symbol.asyncDispose]: () => close(server, connections, patience * second),
  }
}

function endConnection(answer: ServerResponse): void {
  if (!answer.headersSent) answer.setHeader('Connection', 'close')
}

async function close(server: Server, { mute }: Connections, patience: number): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  const seen = setTimeout(() => {
    for (const socket of mute()) socket.destroy()
  }, moment)
  const deadline = setTimeout(() => server.closeAllConnections(), patience)
  await closed
  clearTimeout(seen)
  clearTimeout(deadline)
}

const problems: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there already',
  EACCES: 'this user may not listen there',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'the name of the host is unknown',
}

function cannotListen(error: unknown, where: string): unknown {
  const why = error instanceof Error && 'code' in error ? problems[String(error.code)] : undefined
  return why ? new StartProblem(`Cannot listen on ${where} (HOST, PORT): ${why}`, { cause: error }) : error
}
