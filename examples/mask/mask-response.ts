/** Holds back an answer that is JSON until it is whole, and covers in it what the caller may not see. */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib'
import { CannotMask, type Mask, maskJson } from './mask.ts'

/** Bytes. An answer that is longer is not sent at all. */
const longest = 10 * 1024 * 1024

const decoders: Readonly<Record<string, (body: Buffer, options: { maxOutputLength: number }) => Buffer>> = {
  identity: (body) => body,
  gzip: gunzipSync,
  'x-gzip': gunzipSync,
  deflate: inflateSync,
  br: brotliDecompressSync,
  zstd: zstdDecompressSync,
}

/** Headers by which a caller asks for part of an answer, or for nothing when it is what they have. */
const partial = ['range', 'if-range', 'if-none-match', 'if-modified-since']
/** Headers that are about the answer as it was before. */
const stale = ['content-length', 'content-encoding', 'etag', 'last-modified', 'content-md5', 'content-digest']
// It is sent whole, with its length: with the last two, Node.js would refuse that, or say both.
const staleToo = [...stale, 'digest', 'repr-digest', 'accept-ranges', 'trailer', 'transfer-encoding']

/**
 * To be called before anybody writes to the response. Answers that are no JSON go through as they are written, whatever
 * their length; what is JSON and cannot be masked becomes 500, whatever the reason.
 */
export function maskResponse(request: IncomingMessage, response: ServerResponse, masks: readonly Mask[]): void {
  if (masks.length === 0) return
  for (const name of partial) delete request.headers[name]
  const { writeHead, write, end, flushHeaders } = response
  const chunks: Buffer[] = []
  let length = 0
  let isHeld: boolean | undefined

  /** From now on the response is as it was. */
  function letGo(): void {
    Object.assign(response, { writeHead, write, end, flushHeaders })
  }

  function hold(): boolean {
    isHeld ??= !isBodiless(request, response) && mayBeJson(response)
    if (!isHeld) letGo()
    return isHeld
  }

  function keep(chunk: unknown, encoding: unknown): void {
    if (typeof chunk !== 'string' && !(chunk instanceof Uint8Array)) return
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk, asEncoding(encoding)) : Buffer.from(chunk)
    length += bytes.length
    if (length <= longest) chunks.push(bytes)
    else chunks.length = 0
  }

  const held = {
    // What was set before is overwritten, as by Node.js itself.
    writeHead(status: number, ...more: readonly (string | OutgoingHttpHeaders | readonly string[] | undefined)[]) {
      response.statusCode = status
      for (const headers of more) {
        if (typeof headers === 'string') response.statusMessage = headers
        else for (const [name, value] of pairs(headers)) if (value !== undefined) response.setHeader(name, value)
      }
      return response
    },

    flushHeaders(): void {
      if (!hold()) response.flushHeaders()
    },

    write(...args: Parameters<typeof write>): boolean {
      if (!hold()) return response.write(...args)
      keep(args[0], args[1])
      const [done] = args.filter((argument) => typeof argument === 'function')
      if (done) process.nextTick(done)
      return true
    },

    end(...args: Parameters<typeof end>) {
      if (!hold()) return response.end(...args)
      keep(args[0], args[1])
      letGo()
      const body = covered()
      for (const name of staleToo) response.removeHeader(name)
      response.setHeader('Content-Length', Buffer.byteLength(body))
      const [done] = (args as readonly unknown[]).filter((argument): argument is () => void => isFunction(argument))
      return done ? response.end(body, done) : response.end(body)
    },
  }
  Object.assign(response, held)

  function covered(): string {
    try {
      if (response.statusCode === 206) throw new CannotMask('Part of an answer cannot be masked')
      if (length > longest) throw new CannotMask('The answer is too long to be masked')
      if (length === 0) return ''
      return maskJson(textOf(Buffer.concat(chunks), response.getHeader('content-encoding')), masks)
    } catch (error) {
      console.error('An answer was not sent, since it could not be masked:', error)
      for (const name of response.getHeaderNames()) response.removeHeader(name)
      response.statusCode = 500
      response.setHeader('Content-Type', 'application/json')
      return cannotMask
    }
  }
}

export const cannotMask = '{"error":"could_not_mask"}\n'

/** Answers that never have a body: it would only be told how long it is. */
function isBodiless({ method }: IncomingMessage, response: ServerResponse): boolean {
  const without = method === 'HEAD' || response.statusCode === 204 || response.statusCode === 304
  if (without) for (const name of staleToo) response.removeHeader(name)
  return without
}

/** Whatever calls itself JSON, and what does not say what it is. */
function mayBeJson(response: ServerResponse): boolean {
  const type = String(response.getHeader('content-type') ?? '')
  return type === '' || /json/i.test(type.split(';', 1)[0] ?? '')
}

function textOf(body: Buffer, encodings: number | string | readonly string[] | undefined): string {
  let plain = body
  for (const name of String(encodings ?? '')
    .split(',')
    .reverse()) {
    const decode = decoders[name.trim().toLowerCase() || 'identity']
    if (!decode) throw new CannotMask(`The answer is encoded as ${name}`)
    plain = decode(plain, { maxOutputLength: longest })
  }
  return new TextDecoder('utf-8', { fatal: true }).decode(plain)
}

function pairs(headers: OutgoingHttpHeaders | readonly string[] | undefined) {
  if (!Array.isArray(headers)) return Object.entries(headers ?? {})
  return headers.flatMap((name: string, index) => (index % 2 === 0 ? [[name, headers[index + 1]] as const] : []))
}

const isFunction = (value: unknown): boolean => typeof value === 'function'

const asEncoding = (value: unknown): BufferEncoding =>
  typeof value === 'string' && Buffer.isEncoding(value) ? value : 'utf8'
