/**
 * Traces for an OpenTelemetry collector (OTLP over HTTP), when one is configured; the libraries are only loaded then.
 * Spans are made in two places: one per request, and below it one per call to a store or to somebody else.
 */
import type { Config } from '../config/schema.ts'
import type { Log } from '../log.ts'
import { requestNotes, type Span } from '../request-notes.ts'

export interface Tracing extends AsyncDisposable {
  /** `traceparent`: W3C Trace Context, of somebody who is believed. `undefined`: nothing is traced. */
  request(traceparent: string | undefined): Span | undefined
  /** Below the span of the request that is under way; outside requests nothing is traced. */
  call(name: string, attributes: Readonly<Record<string, string>>): Span | undefined
  /** Spans that could not be delivered so far. */
  dropped(): number
}

const noTracing: Tracing = {
  request: () => undefined,
  call: () => undefined,
  dropped: () => 0,
  [Symbol.asyncDispose]: async () => {},
}

interface Needs {
  readonly settings: Config['tracing']
  readonly version: string
  readonly log: Log
}

// https://www.w3.org/TR/trace-context/#traceparent-header, of which version ff is never valid
const traceContext = /^(?!ff)[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})(-.*)?$/
/** Milliseconds: for one delivery, and at the end for what is left. */
const timeout = 5_000
const farewell = 2_000

/** Answers {@link noTracing} unless a collector is configured. A collector that is away costs spans, never requests. */
export async function createTracing({ settings, version, log }: Needs): Promise<Tracing> {
  const { otlp_endpoint: endpoint, service_name, headers, sample_ratio } = settings
  if (endpoint === null) return noTracing
  const [api, sdk, { resourceFromAttributes }, { OTLPTraceExporter }] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/sdk-trace'),
    import('@opentelemetry/resources'),
    import('@opentelemetry/exporter-trace-otlp-http'),
  ])
  const exporter = new OTLPTraceExporter({
    url: `${endpoint.replace(/\/$/, '')}/v1/traces`,
    headers: { ...headers },
    timeoutMillis: timeout,
  })
  let dropped = 0
  let away = false
  const counting: InstanceType<typeof sdk.BatchSpanProcessor> = new sdk.BatchSpanProcessor({
    exporter: {
      export: (spans, done) =>
        exporter.export(spans, (result) => {
          const failed = result.error !== undefined
          if (failed) dropped += spans.length
          if (failed && !away) log.warn({ spans: spans.length }, 'the collector does not take spans; they are dropped')
          away = failed
          done(result)
        }),
      shutdown: () => exporter.shutdown(),
    },
    exportTimeoutMillis: timeout,
  })
  const provider = new sdk.TracerProvider({
    resource: resourceFromAttributes({ 'service.name': service_name, 'service.version': version }),
    sampler: new sdk.ParentBasedSampler({ root: new sdk.TraceIdRatioBasedSampler(sample_ratio) }),
    spanProcessors: [counting],
  })
  const tracer = provider.getTracer('gatehouse', version)
  const contexts = new WeakMap<Span, ReturnType<typeof api.trace.setSpan>>()

  function wrap(span: ReturnType<typeof tracer.startSpan>, parent: typeof api.ROOT_CONTEXT): Span {
    const ours: Span = {
      traceId: span.spanContext().traceId,
      set: (attributes) => {
        const route = attributes['http.route']
        if (route !== undefined) span.updateName(`${attributes['http.request.method']} ${route}`)
        span.setAttributes(attributes)
      },
      end: (failed = false) => {
        if (failed) span.setStatus({ code: api.SpanStatusCode.ERROR })
        span.end()
      },
    }
    contexts.set(ours, api.trace.setSpan(parent, span))
    return ours
  }

  return {
    request(traceparent) {
      const [, traceId, spanId, flags] = traceContext.exec(traceparent ?? '') ?? []
      const parent =
        traceId && spanId && flags
          ? api.trace.setSpanContext(api.ROOT_CONTEXT, {
              traceId,
              spanId,
              traceFlags: Number.parseInt(flags, 16) & 1,
              isRemote: true,
            })
          : api.ROOT_CONTEXT
      return wrap(tracer.startSpan('request', { kind: api.SpanKind.SERVER }, parent), parent)
    },

    call(name, attributes) {
      const request = requestNotes()?.span
      const parent = request && contexts.get(request)
      if (!parent) return undefined
      return wrap(tracer.startSpan(name, { kind: api.SpanKind.CLIENT, attributes: { ...attributes } }, parent), parent)
    },

    dropped: () => dropped,

    // A collector that does not answer must not keep the process from ending.
    async [Symbol.asyncDispose]() {
      const deadline = new Promise<void>((done) => setTimeout(done, farewell).unref())
      await Promise.race([provider.shutdown().catch(() => {}), deadline])
    },
  }
}
