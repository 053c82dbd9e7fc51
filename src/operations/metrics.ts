/** Every metric there is. docs/operations/metrics.md says what to make of each; a test keeps the two equal. */
import type { Expiring } from '../sources/sources.ts'
import type { KeyTimes } from './key-times.ts'
import { boundedLabel, createCounter, createGauge, createHistogram, type Family } from './meters.ts'

interface Needs {
  readonly version: string
  readonly passwords: () => { readonly running: number; readonly waiting: number }
  readonly keys: () => KeyTimes | undefined
  readonly expiries: () => readonly Expiring[]
  readonly droppedLines: () => number
  readonly droppedSpans: () => number
}

const latencies = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]

/** Clients and sources come out of the registry, and only so many of them get a series of their own. */
export const mostLabels = 250

export type Metrics = ReturnType<typeof createMetrics>

export function createMetrics({ version, passwords, keys, expiries, droppedLines, droppedSpans }: Needs) {
  const seconds = (milliseconds: number | null | undefined) =>
    typeof milliseconds === 'number' ? [{ labels: {}, value: milliseconds / 1000 }] : []

  const families = {
    logins: createCounter({
      name: 'gatehouse_logins_total',
      help: 'Sign-ins that came to an end',
      labels: ['source', 'client', 'outcome', 'reason'],
    }),
    tokenRequests: createCounter({
      name: 'gatehouse_token_requests_total',
      help: 'Requests at the token endpoint',
      labels: ['grant_type', 'client', 'outcome', 'reason'],
    }),
    tokenChecks: createCounter({
      name: 'gatehouse_token_checks_total',
      help: 'Access tokens that were checked',
      labels: ['endpoint', 'outcome', 'reason'],
    }),
    refusals: createCounter({
      name: 'gatehouse_refusals_total',
      help: 'Every no that was said, by its code',
      labels: ['endpoint', 'reason'],
    }),
    refusedCallsDropped: createCounter({
      name: 'gatehouse_refused_calls_dropped_total',
      help: 'Refused calls at gateways that no trace is kept of',
      labels: [],
    }),
    events: createCounter({
      name: 'gatehouse_events_total',
      help: 'Events of the log, by name',
      labels: ['event'],
    }),
    auditEvents: createCounter({
      name: 'gatehouse_audit_events_total',
      help: 'Changes of the registry that were committed',
      labels: ['action'],
    }),
    requests: createHistogram({
      name: 'gatehouse_http_request_duration_seconds',
      help: 'How long requests took to answer',
      labels: ['endpoint', 'method', 'status'],
      buckets: latencies,
    }),
    upstream: createHistogram({
      name: 'gatehouse_upstream_request_duration_seconds',
      help: 'How long calls to identity providers and clients took',
      labels: ['source', 'outcome'],
      buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    }),
    store: createHistogram({
      name: 'gatehouse_store_duration_seconds',
      help: 'How long operations of the stores took',
      labels: ['engine', 'operation'],
      buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
    }),
    storeErrors: createCounter({
      name: 'gatehouse_store_errors_total',
      help: 'Operations of the stores that could not be carried out',
      labels: ['engine', 'store', 'operation'],
    }),
    passwordHashes: createHistogram({
      name: 'gatehouse_password_hash_duration_seconds',
      help: 'How long passwords took to hash or to compare, waiting included',
      labels: ['outcome'],
      buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    }),
  }
  const inFlight = { requests: 0 }

  const gauges = [
    createGauge({
      name: 'gatehouse_http_requests_in_flight',
      help: 'Requests that are being answered',
      read: () => inFlight.requests,
    }),
    createGauge({
      name: 'gatehouse_password_queue',
      help: 'Passwords that are being hashed or are waiting for it',
      labels: ['state'],
      read: () => Object.entries(passwords()).map(([state, value]) => ({ labels: { state }, value })),
    }),
    createGauge({
      name: 'gatehouse_signing_keys',
      help: 'Signing keys that are published, by state',
      labels: ['state'],
      aggregator: 'max',
      read: () => Object.entries(keys()?.keys ?? {}).map(([state, value]) => ({ labels: { state }, value })),
    }),
    createGauge({
      name: 'gatehouse_signing_key_activated_timestamp_seconds',
      help: 'When the key that signs began to',
      aggregator: 'max',
      read: () => seconds(keys()?.activeSince),
    }),
    createGauge({
      name: 'gatehouse_signing_key_rotation_due_timestamp_seconds',
      help: 'When the schedule wants another key to sign',
      aggregator: 'max',
      read: () => seconds(keys()?.rotationDue),
    }),
    createGauge({
      name: 'gatehouse_source_expiry_timestamp_seconds',
      help: 'When the first thing in the settings of a source is over',
      labels: ['source'],
      aggregator: 'max',
      read: () =>
        // The last one of a name stays: the soonest.
        [
          ...new Map(
            expiries()
              .toReversed()
              .map(({ source, expiresAt }) => [source.alias, expiresAt]),
          ),
        ].map(([source, expiresAt]) => ({ labels: { source }, value: expiresAt / 1000 })),
    }),
    createGauge({
      name: 'gatehouse_log_lines_dropped_total',
      type: 'counter',
      help: 'Log lines that nobody took, since the process started',
      read: droppedLines,
    }),
    createGauge({
      name: 'gatehouse_spans_dropped_total',
      type: 'counter',
      help: 'Spans that the collector did not take, since the process started',
      read: droppedSpans,
    }),
    createGauge({
      name: 'gatehouse_build_info',
      help: 'Always 1; the label says which version runs',
      labels: ['version'],
      aggregator: 'first',
      read: () => [{ labels: { version }, value: 1 }],
    }),
  ]
  const all: readonly Family[] = [...Object.values(families), ...gauges]

  return {
    ...families,
    all,
    inFlight,
    clientLabel: boundedLabel(mostLabels),
    sourceLabel: boundedLabel(mostLabels),
  }
}
