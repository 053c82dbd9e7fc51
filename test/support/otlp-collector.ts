/** A stand-in for an OpenTelemetry collector: takes OTLP over HTTP and keeps it. */
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'

export interface CollectedSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string
  readonly name: string
  readonly failed: boolean
  readonly attributes: Readonly<Record<string, unknown>>
}

export interface Collector extends AsyncDisposable {
  readonly url: string
  /** As they came. */
  readonly bodies: readonly string[]
  readonly headers: readonly IncomingHttpHeaders[]
  spans(): readonly CollectedSpan[]
  /** Resolves when one is there. */
  wait(wanted: (span: CollectedSpan) => boolean): Promise<CollectedSpan>
}

interface Otlp {
  readonly resourceSpans: readonly {
    readonly scopeSpans: readonly {
      readonly spans: readonly {
        readonly traceId: string
        readonly spanId: string
        readonly parentSpanId?: string
        readonly name: string
        readonly status?: { readonly code?: number }
        readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[]
      }[]
    }[]
  }[]
}

const failed = 2

export async function startCollector(): Promise<Collector> {
  const bodies: string[] = []
  const headers: IncomingHttpHeaders[] = []
  const server = createServer(async (request, response) => {
    headers.push(request.headers)
    const chunks: Buffer[] = []
    if (request.headers['content-encoding'] === 'gzip') {
      for await (const chunk of request) chunks.push(chunk as Buffer)
      bodies.push(gunzipSync(Buffer.concat(chunks)).toString())
    } else bodies.push(await text(request))
    response.writeHead(request.url === '/v1/traces' ? 200 : 404, { 'content-type': 'application/json' }).end('{}')
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))

  const spans = () =>
    bodies.flatMap((body) =>
      (JSON.parse(body) as Otlp).resourceSpans.flatMap(({ scopeSpans }) =>
        scopeSpans.flatMap((scope) =>
          scope.spans.map(({ traceId, spanId, parentSpanId = '', name, status, attributes }) => ({
            ...{ traceId, spanId, parentSpanId, name, failed: status?.code === failed },
            attributes: Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]])),
          })),
        ),
      ),
    )

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bodies,
    headers,
    spans,
    async wait(wanted) {
      for (;;) {
        const found = spans().find(wanted)
        if (found) return found
        await new Promise((done) => setTimeout(done, 50))
      }
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}
