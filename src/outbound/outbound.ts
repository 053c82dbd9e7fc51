/**
 * The one HTTP client for every address that somebody configured or that an upstream names. What it refuses:
 * plain http to the open network, addresses inside ours (unless the caller's setting allows them), redirects,
 * and answers that are too slow or too large.
 */
import { lookup as resolve } from 'node:dns/promises'
import { isIP, type LookupFunction } from 'node:net'
import { SourceProblem, type SourceProblemCode } from '../connector.ts'
import { type Reach, reach } from './addresses.ts'
import { type Exchanged, exchange } from './exchange.ts'

export interface Outbound extends AsyncDisposable {
  /**
   * The whole exchange, body included, happens within the timeout: the answer is complete when it is given.
   * Statuses of 400 and above are answers too. Rejects with a {@link SourceProblem} that says what failed,
   * and never quotes a query or a body.
   */
  fetch(url: string | URL, init: OutboundInit, options: OutboundOptions): Promise<Response>
}

export interface OutboundInit {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>> | Headers
  readonly body?: string | URLSearchParams | Uint8Array | ArrayBuffer | ReadableStream | null
  readonly signal?: AbortSignal | null
}

export interface OutboundOptions {
  /** Loopback and private networks may be reached, and by plain http at that. */
  readonly allowPrivateAddresses: boolean
  /** The alias of the source it is for; absent: for none. */
  readonly source?: string
  /** Only the status counts: the body is not waited for, however large or slow it is. */
  readonly ignoreBody?: boolean
}

/** All addresses of a name, in the order to try them. */
export type Lookup = (hostname: string) => Promise<readonly { readonly address: string; readonly family: number }[]>

interface Needs {
  /** Seconds, for a whole exchange. */
  readonly timeout: number
  /** Of the body, after decompression. */
  readonly maxResponseBytes: number
  readonly lookup?: Lookup
}

/** Whom a connection may reach. Each policy has its own pool: a connection must not serve a stricter caller. */
const policies = {
  public: (to) => to === 'public',
  any: (to) => to !== 'never',
  private: (to) => to === 'private',
} satisfies Record<string, (to: Reach) => boolean>
type Policy = keyof typeof policies

const systemLookup: Lookup = (hostname) => resolve(hostname, { all: true })

export function createOutbound({ timeout, maxResponseBytes, lookup = systemLookup }: Needs): Outbound {
  async function open() {
    const { Agent } = await import('undici')
    const pool = (policy: Policy) =>
      new Agent({
        // The socket connects to the very addresses that were vetted, so a name cannot change its mind in between.
        connect: { lookup: pinned(lookup, policy), timeout: timeout * 1000 },
        connections: 64,
        headersTimeout: timeout * 1000,
        bodyTimeout: timeout * 1000,
        maxHeaderSize: 16_384,
        allowH2: false,
      })
    const pools: Record<Policy, InstanceType<typeof Agent>> = {
      public: pool('public'),
      any: pool('any'),
      private: pool('private'),
    }
    return pools
  }
  // The library is large, and a start need not wait for what the first call needs.
  let opened: ReturnType<typeof open> | undefined

  return {
    async fetch(address, { method = 'GET', headers, body, signal }, { allowPrivateAddresses, ignoreBody = false }) {
      const url = vet(address, allowPrivateAddresses)
      const policy: Policy = !allowPrivateAddresses ? 'public' : url.protocol === 'http:' ? 'private' : 'any'
      const literal = url.hostname.replace(/^\[|\]$/g, '')
      if (isIP(literal)) demand(policy, url.hostname, literal)

      try {
        opened ??= open()
        const pools = await opened
        const terms = {
          timeout: timeout * 1000,
          inspect: requireFinal,
          weigh: (bytes: number) => requireRoom(bytes, maxResponseBytes),
          ignoreBody,
        }
        const sent = { ...common, ...formType(body), ...Object.fromEntries(new Headers(headers)) }
        const asked = { url, method, headers: sent, body: await toBytes(body), signal: signal ?? null }
        return complete(await exchange(pools[policy], asked, terms))
      } catch (error) {
        throw explain(error, url, timeout)
      }
    },

    async [Symbol.asyncDispose]() {
      if (!opened) return
      await Promise.all(Object.values(await opened).map((agent) => agent.destroy()))
    },
  }
}

function vet(address: string | URL, allowPrivateAddresses: boolean): URL {
  const url = URL.parse(String(address))
  if (!url) throw new SourceProblem('URL_INVALID', 'This is not a URL')
  if (url.username || url.password)
    throw new SourceProblem('URL_INVALID', `${place(url)}: a URL must not carry credentials`)
  if (url.protocol === 'https:' || (url.protocol === 'http:' && allowPrivateAddresses)) return url
  throw new SourceProblem('URL_INVALID', `${place(url)}: https is required`)
}

function demand(policy: Policy, name: string, address: string): void {
  if (policies[policy](reach(address))) return
  const why =
    policy === 'private'
      ? 'plain http is for private addresses only'
      : 'the address lies in a network that must not be reached'
  throw new SourceProblem('ADDRESS_NOT_ALLOWED', name === address ? `${name}: ${why}` : `${name} (${address}): ${why}`)
}

const pinned =
  (lookup: Lookup, policy: Policy): LookupFunction =>
  (hostname, { all }, callback) => {
    const vetted = async () => {
      const found = await lookup(hostname)
      // One bad address spoils the name: which of them is tried first is not ours to say.
      for (const { address } of found) demand(policy, hostname, address)
      const [first] = found
      if (!first) throw new SourceProblem('UNKNOWN_HOST', `${hostname} has no address`)
      return { first, found }
    }
    vetted().then(
      ({ first, found }) => (all ? callback(null, [...found]) : callback(null, first.address, first.family)),
      (error) => callback(error, []),
    )
  }

const common = { accept: '*/*', 'user-agent': 'gatehouse' }

const formType = (body: OutboundInit['body']): Readonly<Record<string, string>> =>
  body instanceof URLSearchParams ? { 'content-type': 'application/x-www-form-urlencoded;charset=UTF-8' } : {}

async function toBytes(body: OutboundInit['body']): Promise<string | Uint8Array | null> {
  if (body instanceof URLSearchParams) return body.toString()
  if (body instanceof ReadableStream) return Buffer.from(await new Response(body).arrayBuffer())
  return body instanceof ArrayBuffer ? new Uint8Array(body) : (body ?? null)
}

function requireFinal(status: number): void {
  if (status < 300 || status >= 400) return
  throw new SourceProblem(
    'REMOTE_HOST_RESPONDED_WITH_ERROR',
    `answered with a redirect (${status}), which is not followed`,
  )
}

function requireRoom(bytes: number, limit: number): void {
  if (bytes <= limit) return
  throw new SourceProblem('REMOTE_HOST_RESPONDED_WITH_ERROR', `answered with more than ${limit} bytes`)
}

/** They described the body on the wire. */
const ofTheWire: ReadonlySet<string> = new Set(['content-encoding', 'content-length', 'transfer-encoding'])

function complete({ status, headers, body }: Exchanged): Response {
  if (status > 599) throw new SourceProblem('REMOTE_HOST_RESPONDED_WITH_ERROR', `answered with the status ${status}`)
  const kept = Object.entries(headers)
    .filter(([name]) => !ofTheWire.has(name))
    .flatMap(([name, values]) => [values ?? []].flat().map((value): [string, string] => [name, value]))
  return new Response(body.length > 0 ? body : null, { status, headers: kept })
}

const codes: Readonly<Record<string, SourceProblemCode>> = {
  ENOTFOUND: 'UNKNOWN_HOST',
  EAI_AGAIN: 'UNKNOWN_HOST',
  ENODATA: 'UNKNOWN_HOST',
  ESERVFAIL: 'UNKNOWN_HOST',
  ETIMEDOUT: 'REQUEST_TIMEOUT',
  UND_ERR_CONNECT_TIMEOUT: 'REQUEST_TIMEOUT',
  UND_ERR_HEADERS_TIMEOUT: 'REQUEST_TIMEOUT',
  UND_ERR_BODY_TIMEOUT: 'REQUEST_TIMEOUT',
}

function explain(error: unknown, url: URL, timeout: number): SourceProblem {
  const cause = error instanceof TypeError && error.cause instanceof Error ? error.cause : error
  if (cause instanceof SourceProblem) return new SourceProblem(cause.code, `${place(url)}: ${cause.message}`, { cause })
  if (cause instanceof DOMException && (cause.name === 'TimeoutError' || cause.name === 'AbortError')) {
    return new SourceProblem('REQUEST_TIMEOUT', `${place(url)}: no complete answer within ${timeout} s`, { cause })
  }
  const systemCode =
    cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined
  const code = (systemCode && codes[systemCode]) || 'CONNECTION_FAILED'
  const detail = systemCode ?? (cause instanceof Error ? cause.message : 'the connection failed')
  return new SourceProblem(code, `${place(url)}: ${detail}`, { cause })
}

/** Without the query, which may hold secrets. */
const place = ({ protocol, host, pathname }: URL): string => `${protocol}//${host}${pathname}`
