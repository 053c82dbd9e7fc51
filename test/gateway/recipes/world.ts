/** The story behind a gateway: broker, Patient API and a way between gateway and broker that can be watched. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { type AddressInfo, connect, createServer as createTcp, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { createTokenCheck } from '../../../examples/patient-api/check-token.ts'
import { createPatientApi } from '../../../examples/patient-api/patient-api.ts'
import { certificateHeaders } from '../../../src/http/certificates/certificate-headers.ts'
import { breakableStores } from '../../support/breakable.ts'
import type { Json } from '../../support/broker.ts'
import { secret, startGateway } from '../start-gateway.ts'

export const host = 'api.example.com'

export interface Answer {
  readonly status: number
  /** Status line and headers, as they came. */
  readonly head: string
  readonly body: Json
}

export interface Sent {
  readonly method?: string
  readonly target?: string
  readonly host?: string
  readonly lines?: readonly string[]
  readonly body?: string
}

/** A request as it is written here, to the letter, and on a connection of its own. */
export async function send(to: URL, { method = 'GET', target = '/patients/1', lines = [], body = '', ...more }: Sent) {
  const socket = connect(Number(to.port), to.hostname)
  const length = body === '' ? [] : [`Content-Length: ${Buffer.byteLength(body)}`]
  const start = [`${method} ${target} HTTP/1.1`, `Host: ${more.host ?? host}`]
  const closing = lines.some((line) => /^connection:/i.test(line)) ? [] : ['Connection: close']
  socket.write(`${[...start, ...lines, ...length, ...closing, '', ''].join('\r\n')}${body}`)
  socket.setTimeout(30_000, () => socket.destroy(new Error(`No end of the answer to ${method} ${target}`)))
  const [head = '', rest = ''] = (await text(socket)).split(/\r\n\r\n([\s\S]*)/, 2)
  const json = /\{.*\}/s.exec(rest)?.[0]
  return { status: Number(head.split(' ')[1]), head, body: json ? (JSON.parse(json) as Json) : {} } satisfies Answer
}

export const as = (token: string): readonly string[] => [`Authorization: Bearer ${token}`]

export type RecipeWorld = Awaited<ReturnType<typeof openWorld>>

export async function openWorld() {
  await using opened = new AsyncDisposableStack()
  const stores = breakableStores()
  const gateway = opened.use(
    await startGateway({
      parts: { openStores: stores.open },
      // All of them, so that a caller could try each.
      settings: { gateway: { secrets: [secret], certificate_headers: [...certificateHeaders] } },
    }),
  )
  const { broker, client } = gateway
  const { issuer } = broker

  /** What reached the API. */
  const seen: IncomingMessage[] = []
  const bodies: string[] = []
  const patients = createPatientApi(
    createTokenCheck({ issuer, audience: client.id, jwksUri: new URL(`${issuer}/jwks`) }),
  )
  const answerPatients = patients.listeners('request') as ((req: IncomingMessage, res: ServerResponse) => void)[]
  patients.removeAllListeners('request').on('request', async (request: IncomingMessage, response: ServerResponse) => {
    seen.push(request)
    if (!request.url?.startsWith('/patients/notes'))
      return answerPatients.forEach((listener) => void listener(request, response))
    bodies.push(await text(request))
    response.writeHead(201, { 'content-type': 'application/json' }).end('{"noted":true}')
  })
  patients.on('upgrade', (request: IncomingMessage, socket: Socket) => {
    seen.push(request)
    // RFC 6455 §4.2.2: HAProxy looks at it.
    const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`
    const accept = createHash('sha1').update(key).digest('base64')
    const lines = ['HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', 'Upgrade: websocket']
    socket.end(`${lines.join('\r\n')}\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n{"from":"the API"}`)
  })
  const api = await listen(patients)
  opened.defer(() => void patients.close().closeAllConnections())

  const { id } = await broker.created('apis', {
    name: 'Patient API',
    slug: 'patients',
    hosts: [host],
    path_prefix: '/patients',
    clients: [client.id],
  })
  const watched = await watchedWay(Number(broker.url.port))
  opened.defer(watched.close)

  /** What is asked of callers from now on. */
  async function rule(change: Json): Promise<void> {
    const { status } = await broker.admin('PATCH', `apis/${id}`, change, { 'if-match': '*' })
    if (status !== 200) throw new Error(`The API could not be changed: ${status}`)
  }

  async function revoke(token: string): Promise<void> {
    const authorization = `Basic ${btoa(`${encodeURIComponent(client.id)}:${client.secret}`)}`
    await broker.post('/revoke', { token }, { authorization })
  }

  const rene = (await gateway.login('rene')).access_token
  const john = (await gateway.login('john')).access_token
  const all = opened.move()
  return {
    ...gateway,
    stores,
    id,
    api,
    seen,
    bodies,
    rene,
    john,
    rule,
    revoke,
    /** The broker's port as the gateway knows it, and how often somebody connected there. */
    brokerPort: watched.port,
    connections: watched.connections,
    headersSeen: (): NodeJS.Dict<string[]> => seen.at(-1)?.headersDistinct ?? {},
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

/** A way to a port that counts how often somebody takes it anew. */
async function watchedWay(target: number) {
  let connections = 0
  const way = createTcp((from) => {
    connections += 1
    const to = connect(target, '127.0.0.1')
    from.on('error', () => to.destroy()).pipe(to)
    to.on('error', () => from.destroy()).pipe(from)
  })
  way.listen(0, '127.0.0.1')
  await once(way, 'listening')
  const { port } = way.address() as AddressInfo
  return { port, connections: () => connections, close: () => void way.close() }
}

export async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}
