/** A name for each request, its last line, its metrics and its span: as the outermost middleware, and for whoever answers before it. */
import type { IncomingMessage } from 'node:http'
import type { Context, Middleware } from 'koa'
import { events } from '../events.ts'
import type { Watch, Watched } from '../http/direct.ts'
import { trustedPeers } from '../http/origin.ts'
import { newId } from '../ids.ts'
import type { Log } from '../log.ts'
import { type RequestNotes, type Span, withNotes } from '../request-notes.ts'
import type { Metrics } from './metrics.ts'
import { wasForwarded } from './metrics-route.ts'
import type { Tracing } from './tracing.ts'

interface Needs {
  readonly log: Log
  readonly metrics: Metrics
  readonly tracing: Tracing
  readonly trustedProxies: readonly string[]
  /** The issuer's path, without a slash at the end. */
  readonly base: string
  /** Below the issuer's path: those of the provider, which has no patterns to ask for. */
  readonly plainPaths: readonly string[]
}

// What other programs commonly make: UUIDs, trace ids, nginx's 32 digits, with a prefix perhaps.
const requestIdForm = /^[A-Za-z0-9][\w.:-]{7,127}$/
const methods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
const quiet = /^\/(health\/\w+|metrics|assets\/:name|favicon\.ico)$/
const longestUserAgent = 256

interface ObserveRequests {
  readonly middleware: Middleware
  readonly watch: Watch
}

/** How long a request took is told in seconds to Prometheus and in milliseconds to readers of the log. */
export function observeRequests({ log, metrics, tracing, trustedProxies, base, plainPaths }: Needs): ObserveRequests {
  const isTrusted = trustedPeers(trustedProxies)
  const plain = new Map(plainPaths.flatMap((path) => [[base + path, path] as const, [path, path] as const]))
  const resumed = new RegExp(`^(${base})?/authorize/[^/]+$`)

  /** Bounded by the code: a pattern of ours, or nothing. */
  function endpointOf(ctx: Context): string {
    const { routerPath, _matchedRoute: matched } = ctx as Context & { routerPath?: unknown; _matchedRoute?: unknown }
    if (typeof matched === 'string') return matched
    if (typeof routerPath === 'string') return routerPath
    const path = (ctx.originalUrl ?? '').split('?', 1)[0] ?? ''
    return plain.get(path) ?? (resumed.test(path) ? '/authorize/:uid' : '(none)')
  }

  /** The name and the span it was given by somebody who is believed, or its own. */
  function begin({ headers, socket }: IncomingMessage): Pick<RequestNotes, 'requestId' | 'span'> {
    const { 'x-request-id': brought, traceparent } = headers
    const named = typeof brought === 'string' && requestIdForm.test(brought)
    const believed = (named || traceparent !== undefined) && isTrusted(socket.remoteAddress ?? '')
    const requestId = named && believed ? brought : newId()
    return { requestId, span: tracing.request(believed && typeof traceparent === 'string' ? traceparent : undefined) }
  }

  function finish(req: IncomingMessage, notes: RequestNotes, status: number, seconds: number): void {
    const endpoint = notes.endpoint()
    const method = methods.has(req.method ?? '') ? String(req.method) : '(other)'
    metrics.requests.observe({ endpoint, method, status: classes[Math.floor(status / 100)] ?? '5xx' }, seconds)
    const level = log.isLevelEnabled('info') && quiet.test(endpoint) && status < 500 ? 'debug' : 'info'
    if (log.isLevelEnabled(level)) {
      const { reason, client, source, account } = notes
      const line = { event: 'request.answered', method, endpoint, status, reason, client, source, account }
      const duration_ms = Math.round(seconds * 1_000_000) / 1000
      const user_agent = (req.headers['user-agent'] ?? '').slice(0, longestUserAgent)
      const members = { ...line, duration_ms, address: notes.address(), user_agent }
      withNotes(notes, () => log[level](members, events['request.answered'].means))
    }
    if (notes.span) describe(notes.span, notes, { method, endpoint, status })
  }

  function watch(req: IncomingMessage, of: Pick<RequestNotes, 'endpoint' | 'address'>): Watched {
    const notes: RequestNotes = { ...begin(req), ...of }
    const began = performance.now()
    metrics.inFlight.requests += 1
    return {
      notes,
      answered(status) {
        metrics.inFlight.requests -= 1
        finish(req, notes, status, (performance.now() - began) / 1000)
      },
      passedOn() {
        metrics.inFlight.requests -= 1
      },
    }
  }

  return {
    watch,
    async middleware(ctx, next) {
      ctx.state.forwarded = wasForwarded(ctx)
      const { notes, answered } = watch(ctx.req, { endpoint: () => endpointOf(ctx), address: () => ctx.ip })
      ctx.set('X-Request-Id', notes.requestId)
      await withNotes(notes, async () => {
        try {
          await next()
        } finally {
          answered(ctx.status)
        }
      })
    },
  }
}

const classes = ['0xx', '1xx', '2xx', '3xx', '4xx', '5xx']

interface Answered {
  readonly method: string
  readonly endpoint: string
  readonly status: number
}

function describe(span: Span, notes: RequestNotes, { method, endpoint, status }: Answered): void {
  const { requestId, reason, client, source, reference } = notes
  const known = { reason, client, source, reference }
  span.set({
    'http.request.method': method,
    'http.route': endpoint,
    'http.response.status_code': status,
    'gatehouse.request_id': requestId,
    ...Object.fromEntries(
      Object.entries(known).flatMap(([name, value]) => (value === undefined ? [] : [[`gatehouse.${name}`, value]])),
    ),
  })
  span.end(status >= 500)
}
