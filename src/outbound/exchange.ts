/**
 * One request and its whole answer, over the hooks of the HTTP client. Its `fetch` would make a dozen objects and two
 * streams of it, which is more work than everything else that is done for a login at an identity provider.
 */
import type { IncomingHttpHeaders } from 'node:http'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import type { Dispatcher } from 'undici'

interface Asked {
  readonly url: URL
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array | null
  /** Whatever it ends with becomes the rejection. */
  readonly signal: AbortSignal | null
}

interface Terms {
  /** Milliseconds, for all of it. */
  readonly timeout: number
  /** Is told of each answer before its body, and throws when that is not wanted. */
  readonly inspect: (status: number) => void
  /** Is told how many bytes of the body there are, after decompression, and throws when these are too many. */
  readonly weigh: (bytes: number) => void
  /** The body is not waited for. */
  readonly ignoreBody: boolean
}

export interface Exchanged {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer<ArrayBuffer>
}

/** Rejects with what the terms throw, with a `TimeoutError`, or with an error of the client or the system. */
export function exchange(dispatcher: Dispatcher, asked: Asked, terms: Terms): Promise<Exchanged> {
  const { url, method, headers, body, signal } = asked
  const { promise, resolve, reject } = Promise.withResolvers<Exchanged>()
  const chunks: Buffer[] = []
  let size = 0
  let status = 0
  let answered: IncomingHttpHeaders = {}
  let unpacking: Unpacking | undefined
  let controller: Dispatcher.DispatchController | undefined
  let over = false

  function end(): boolean {
    const before = over
    over = true
    clearTimeout(deadline)
    signal?.removeEventListener('abort', aborted)
    return !before
  }
  function fail(error: unknown): void {
    if (!end()) return
    reject(error)
    unpacking?.stream.destroy()
    controller?.abort(error instanceof Error ? error : new Error('The exchange was given up', { cause: error }))
  }
  function finish(): void {
    if (end()) resolve({ status, headers: answered, body: Buffer.concat(chunks) })
  }
  const aborted = () => fail(signal?.reason)
  const deadline = setTimeout(() => fail(new DOMException('It took too long', 'TimeoutError')), terms.timeout)

  function take(chunk: Buffer): void {
    size += chunk.length
    chunks.push(chunk)
    attempt(() => terms.weigh(size))
  }
  function attempt(work: () => void): void {
    try {
      work()
    } catch (error) {
      fail(error)
    }
  }

  if (signal?.aborted) fail(signal.reason)
  signal?.addEventListener('abort', aborted)
  if (over) return promise
  dispatcher.dispatch(
    { origin: url.origin, path: url.pathname + url.search, method: method as Dispatcher.HttpMethod, headers, body },
    {
      onRequestStart(started) {
        controller = started
        if (over) started.abort(new Error('The exchange was given up'))
      },
      onResponseStart(_, code, given) {
        // What is said before the answer (RFC 9110 §15.2).
        if (code < 200) return
        status = code
        answered = given
        attempt(() => terms.inspect(code))
        if (over) return
        unpacking = unpackingFor(given)
        unpacking?.stream.on('data', take).on('end', finish).on('error', fail)
        if (!terms.ignoreBody) return
        finish()
        controller?.abort(new Error('Nobody reads this'))
      },
      onResponseData(here, chunk) {
        if (over) return
        if (!unpacking) take(chunk)
        else if (!unpacking.stream.write(chunk)) {
          here.pause()
          unpacking.stream.once('drain', () => here.resume())
        }
      },
      onResponseEnd() {
        if (unpacking) unpacking.stream.end()
        else finish()
      },
      onResponseError: (_, error) => fail(error),
    },
  )
  return promise
}

interface Unpacking {
  readonly stream: ReturnType<typeof createGunzip | typeof createInflate | typeof createBrotliDecompress>
}

/** Nothing is asked for in a packed form; some send it all the same. What is packed in another way stays as it is. */
function unpackingFor({ 'content-encoding': coding }: IncomingHttpHeaders): Unpacking | undefined {
  switch (coding?.toLowerCase()) {
    case 'gzip':
    case 'x-gzip':
      return { stream: createGunzip() }
    case 'deflate':
      return { stream: createInflate() }
    case 'br':
      return { stream: createBrotliDecompress() }
    default:
      return undefined
  }
}
