/**
 * What is asked thousands of times a second is answered here, before Koa makes a context of the request: documents out of
 * memory, and whatever a feature can answer by itself. A route that is not sure says nothing, and the request goes the
 * long way, as if nobody had looked at it (decision 23).
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Report } from '../events.ts'
import { type RequestNotes, withNotes, withoutNotes } from '../request-notes.ts'
import { after, rescue, type Soon } from '../soon.ts'
import { clientAddress, trustedPeers } from './origin.ts'
import { type Place, securityLines } from './security-headers.ts'
import { createTogether } from './together.ts'

export interface DirectAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Further headers that nobody else sets: names and values in turn, as they were written down before. */
  readonly lines?: readonly string[]
  /** Absent with 304. */
  readonly body?: string | Buffer
}

type Perhaps = DirectAnswer | undefined

export interface DirectRoute {
  /** Only with `POST` may there be a body. */
  readonly method: 'GET' | 'POST' | 'any'
  /** For logs and metrics. */
  readonly endpoint: string
  /**
   * `undefined`: whoever answers everything else is to answer. A body that was read was given back (`giveBack`).
   * `address` is the caller's, as trusted proxies tell it.
   */
  answer(req: IncomingMessage, address: () => string): Soon<Perhaps>
}

/** By the address exactly as it is written, with its query. */
export type FindDirectRoute = (target: string) => DirectRoute | undefined

/** What operators see of a request; to be told how it ended. */
export interface Watched {
  readonly notes: RequestNotes
  answered(status: number): void
  /** It goes the long way, where it is seen anew. */
  passedOn(): void
}

export type Watch = (
  req: IncomingMessage,
  of: { readonly endpoint: () => string; readonly address: () => string },
) => Watched

interface Needs extends Place {
  readonly trustedProxies: readonly string[]
  readonly find: FindDirectRoute
  readonly watch: Watch
  readonly report: Report
}

const broken: DirectAnswer = {
  status: 500,
  headers: { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store' },
  body: '{"error":"server_error"}',
}

export function answerDirectly(
  { trustedProxies, find, watch, report, ...place }: Needs,
  otherwise: RequestListener,
): RequestListener {
  const isTrusted = trustedPeers(trustedProxies)
  const securityLinesAt = securityLines(place)
  // What comes on all connections is read before anything of it is answered, and the answers leave one right after the
  // other: each by itself would wake whoever waits for it, and a busy server would look for news after every request.
  const whenAllIsRead = createTogether(setImmediate)
  // Nobody's notes: the connection would keep them, with all they know of the request.
  const whenAllIsKnown = createTogether(process.nextTick, withoutNotes)

  function addressOf({ socket, headers }: IncomingMessage): string | undefined {
    const forwarded = headers['x-forwarded-for']
    const chain = typeof forwarded === 'object' ? forwarded.join(',') : (forwarded ?? '')
    return clientAddress(socket.remoteAddress ?? '', chain, isTrusted)
  }

  function failed(err: unknown): DirectAnswer {
    report('request.failed', { status: 500, error: 'server_error', err })
    return broken
  }

  function settle(answer: Perhaps, watched: Watched, req: IncomingMessage, res: ServerResponse): void {
    if (!answer) {
      watched.passedOn()
      otherwise(req, res)
      return
    }
    const { status, headers, lines = [], body } = answer
    const commonLines = securityLinesAt(req.url ?? '')
    // In turn, as they are written: an object of all of them would have to be made, and taken apart again.
    const all = [...commonLines, ...lines, 'X-Request-Id', watched.notes.requestId]
    for (const [name, value] of Object.entries(headers)) {
      const at = commonLines.indexOf(name)
      if (at < 0) all.push(name, value)
      else all[at + 1] = value
    }
    const bytes = body === undefined ? 0 : Buffer.byteLength(body)
    if (body !== undefined) all.push('Content-Length', String(bytes))
    const send = () => {
      res.writeHead(status, all)
      // Of one byte for each character there is nothing to encode: it is written together with the head.
      if (typeof body === 'string' && bytes === body.length) res.end(body, 'latin1')
      else res.end(body)
      watched.answered(status)
    }
    whenAllIsKnown(send)
  }

  return (req, res) => {
    const route = find(req.url ?? '')
    if (!route || !fits(route, req)) return otherwise(req, res)
    const from = addressOf(req)
    // Whom to refuse for that is known there.
    if (from === undefined) return otherwise(req, res)
    const address = () => from
    const watched = watch(req, { endpoint: () => route.endpoint, address })
    const answer = () => {
      const soon = rescue(() => route.answer(req, address), failed)
      void after(soon, (given) => settle(given, watched, req, res))
    }
    whenAllIsRead(() => withNotes(watched.notes, answer))
  }
}

const fits = ({ method }: DirectRoute, req: IncomingMessage): boolean =>
  (method === 'any' || method === req.method) && (method === 'POST' || !hasBody(req))

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined
