import { type DestinationStream, type Logger, pino } from 'pino'
import { errorLine, harmless, redact, redactText } from './redaction.ts'
import { requestNotes } from './request-notes.ts'

export type Log = Logger

/** Bytes that wait for a reader who does not come; then lines are dropped, for requests must not wait (F39). */
const mostWaiting = 4 * 1024 * 1024
/** Milliseconds for which a process that ends tries to get rid of what is left. */
const lastPatience = 2000

let dropped = 0
/** Lines that nobody took, since the process started. */
export const droppedLines = (): number => dropped

/** The standard output. Writing to it never blocks a request. */
function standardOutput(): DestinationStream {
  let until = Number.POSITIVE_INFINITY
  const retryEAGAIN = () => performance.now() < until
  const destination = pino.destination({ dest: 1, sync: false, maxLength: mostWaiting, retryEAGAIN })
  const count = () => {
    dropped += 1
  }
  destination.on('drop', count)
  // The reader went away, or the disk is full: the lines have nowhere to go, and the service goes on without them.
  let isFailing = false
  destination.on('error', () => {
    isFailing = true
    count()
  })
  destination.on('write', () => {
    isFailing = false
  })
  // What is left when the process ends would be tried until somebody takes it: by one that no signal ends.
  const flush = destination.flushSync.bind(destination)
  destination.flushSync = () => {
    if (isFailing) return
    until = performance.now() + lastPatience
    try {
      flush()
    } catch {
      count()
    }
  }
  return destination
}

/**
 * Writes lines of JSON, each with the id of the request it belongs to. Whatever the level and whoever writes: secret
 * members and the inner life of errors never reach the sink, and no value can forge a line.
 */
export const createLog = (level: string, to: { write(line: string): void } = standardOutput()): Log =>
  pino(
    {
      level,
      base: undefined,
      mixin: () => {
        const notes = requestNotes()
        if (!notes) return {}
        const { requestId, reference, span } = notes
        return { request_id: requestId, ...(reference && { reference }), ...(span && { trace_id: span.traceId }) }
      },
      formatters: { log: (line) => redact(line) as Record<string, unknown> },
      serializers: { err: (error) => (error instanceof Error ? errorLine(error) : error) },
      hooks: { streamWrite: (line) => harmless(redactText(line)) },
    },
    to,
  )

export const silent: Log = pino({ level: 'silent' })
