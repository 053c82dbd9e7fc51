import type { IncomingMessage } from 'node:http'
import ipaddr from 'ipaddr.js'
import type { Middleware } from 'koa'
import { Refusal } from '../errors.ts'

/** Whether a network address belongs to a peer whose forwarding headers are believed. */
export type TrustedPeers = (address: string) => boolean

/** `list` has addresses, CIDR ranges and the word `loopback`; throws on anything else. IPv4-mapped IPv6 counts as IPv4. */
export function trustedPeers(list: readonly string[]): TrustedPeers {
  const ranges = list
    .flatMap((entry) => (entry === 'loopback' ? ['127.0.0.0/8', '::1/128'] : [entry]))
    .map((entry) => (entry.includes('/') ? ipaddr.parseCIDR(entry) : hostRange(ipaddr.parse(entry))))
  return remembered((address: string) => {
    const peer = parseAddress(address)
    return (
      peer !== undefined &&
      ranges.some(([network, bits]) => peer.kind() === network.kind() && peer.match(network, bits))
    )
  })
}

/** The same few addresses come again and again, and taking one apart is most of what there is to do with it. */
function remembered<T>(find: (address: string) => T): (address: string) => T {
  const known = new Map<string, { readonly found: T }>()
  return (address) => {
    const before = known.get(address)
    if (before) return before.found
    const found = find(address)
    if (known.size >= mostRemembered) known.clear()
    if (address.length <= longestAddress) known.set(address, { found })
    return found
  }
}

const mostRemembered = 1000
/** Characters; of an IPv6 address that ends as IPv4, with its zone. */
const longestAddress = 64

/** The names in a request's own words, before ours were written over them; `undefined`: none, or more than one. */
export interface CameUnder {
  readonly host: string | undefined
  readonly forwardedHost: string | undefined
}

const names = new WeakMap<IncomingMessage, CameUnder>()

/** For who decides about somebody else's request, not for knowing who we are: any caller may have written them. */
export const cameUnder = (req: IncomingMessage): CameUnder => names.get(req) ?? namesIn(req)

function namesIn({ headersDistinct }: IncomingMessage): CameUnder {
  const { host, 'x-forwarded-host': forwardedHost } = headersDistinct
  return { host: only(host), forwardedHost: only(forwardedHost) }
}

const only = (values: readonly string[] | undefined) => (values?.length === 1 ? values[0] : undefined)

/**
 * The first middleware. Nothing may derive from what a caller sent about our own name, so the host and the
 * scheme are written over with the issuer's (SEC-107); and `ctx.ip` becomes the client's address.
 */
export function pinOrigin(issuer: string, trustedProxies: readonly string[]): Middleware {
  const { host, protocol } = new URL(issuer)
  const isTrusted = trustedPeers(trustedProxies)
  return async (ctx, next) => {
    names.set(ctx.req, namesIn(ctx.req))
    const { headers, socket } = ctx.req
    const forwardedFor = headers['x-forwarded-for']
    const peer = socket.remoteAddress ?? ''
    const client = clientAddress(peer, [forwardedFor].flat().join(','), isTrusted)
    headers['x-forwarded-for'] = client ?? peer
    if (client === undefined) strangers.add(ctx.req)
    headers.host = host
    headers['x-forwarded-host'] = host
    headers['x-forwarded-proto'] = protocol.slice(0, -1)
    ctx.originalUrl = ctx.request.originalUrl = ctx.req.url = originForm(ctx.req.url ?? '/')
    await next()
  }
}

const strangers = new WeakSet<IncomingMessage>()

/** Whether it came from somewhere, as far as whoever handed it on can tell. For requests that were pinned. */
export const hasKnownAddress = (req: IncomingMessage): boolean => !strangers.has(req)

/** Below {@link pinOrigin}: whom nobody knows the address of could be anybody's. Below `except` others see to that. */
export const refuseUnknownAddress =
  (except: string): Middleware =>
  async (ctx, next) => {
    if (!hasKnownAddress(ctx.req) && !ctx.path.startsWith(except)) throw new Refusal('address_unreadable')
    await next()
  }

/**
 * Who is at the far end: from the right of `X-Forwarded-For`, each entry is believed because the peer after it
 * is trusted; the first that is not trusted is the client, and what stands before it is the client's own invention.
 * `undefined`: a trusted peer hands on what is no address, so that nobody knows who it is.
 */
export function clientAddress(peer: string, forwardedFor: string, isTrusted: TrustedPeers): string | undefined {
  let client = canonical(peer) ?? peer
  if (forwardedFor === '') return client
  for (const entry of forwardedFor.split(',').toReversed()) {
    if (!isTrusted(client)) return client
    const text = entry.trim()
    if (text === '') continue
    // Some proxies name the port, too.
    const address = canonical(/^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1] ?? text.replace(/^([\d.]+):\d+$/, '$1'))
    if (address === undefined) return undefined
    client = address
  }
  return client
}

const canonical = remembered((text: string) => parseAddress(text)?.toString())

type Address = ipaddr.IPv4 | ipaddr.IPv6

const hostRange = (address: Address): [Address, number] => [address, address.kind() === 'ipv4' ? 32 : 128]

// The library would also read 0x7f000001 and 127.1 as addresses; no proxy writes those.
const isWritten = (text: string) => ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text)

function parseAddress(text: string): Address | undefined {
  return isWritten(text) ? ipaddr.process(text) : undefined
}

/** RFC 9112 §3.2.2: a request may name its target with scheme and host; only the path and query matter. */
function originForm(target: string): string {
  if (target.startsWith('/') || target === '*' || !URL.canParse(target)) return target
  const { pathname, search } = new URL(target)
  return pathname + search
}
