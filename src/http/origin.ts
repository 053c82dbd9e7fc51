import type { IncomingMessage } from 'node:http'
import ipaddr from 'ipaddr.js'
import type { Middleware } from 'koa'

/** Whether a network address belongs to a peer whose forwarding headers are believed. */
export type TrustedPeers = (address: string) => boolean

/** `list` has addresses, CIDR ranges and the word `loopback`; throws on anything else. IPv4-mapped IPv6 counts as IPv4. */
export function trustedPeers(list: readonly string[]): TrustedPeers {
  const ranges = list
    .flatMap((entry) => (entry === 'loopback' ? ['127.0.0.0/8', '::1/128'] : [entry]))
    .map((entry) => (entry.includes('/') ? ipaddr.parseCIDR(entry) : hostRange(ipaddr.parse(entry))))
  return (address) => {
    const peer = parseAddress(address)
    return (
      peer !== undefined &&
      ranges.some(([network, bits]) => peer.kind() === network.kind() && peer.match(network, bits))
    )
  }
}

/** The names in a request's own words, before ours were written over them; `undefined`: none, or more than one. */
export interface CameUnder {
  readonly host: string | undefined
  readonly forwardedHost: string | undefined
}

const names = new WeakMap<IncomingMessage, CameUnder>()

/** For who decides about somebody else's request, not for knowing who we are: any caller may have written them. */
export const cameUnder = (req: IncomingMessage): CameUnder => names.get(req) ?? namesIn(req)

function namesIn({ headersDistinct }: IncomingMessage): CameUnder {
  const only = ([value, ...more]: readonly string[] = []) => (more.length === 0 ? value : undefined)
  const { host, 'x-forwarded-host': forwardedHost } = headersDistinct
  return { host: only(host), forwardedHost: only(forwardedHost) }
}

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
    headers['x-forwarded-for'] = clientAddress(socket.remoteAddress ?? '', [forwardedFor].flat().join(','), isTrusted)
    headers.host = host
    headers['x-forwarded-host'] = host
    headers['x-forwarded-proto'] = protocol.slice(0, -1)
    ctx.originalUrl = ctx.request.originalUrl = ctx.req.url = originForm(ctx.req.url ?? '/')
    await next()
  }
}

/**
 * Who is at the far end: from the right of `X-Forwarded-For`, each entry is believed because the peer after it
 * is trusted; the first that is not trusted is the client. A header with anything but addresses is ignored.
 */
export function clientAddress(peer: string, forwardedFor: string, isTrusted: TrustedPeers): string {
  const hops = forwardedFor.split(',').flatMap((entry) => entry.trim() || [])
  const addresses = [...hops.map(parseAddress), parseAddress(peer)]
  const chain = addresses.flatMap((address) => address?.toString() ?? [])
  if (chain.length !== addresses.length) return parseAddress(peer)?.toString() ?? peer
  return chain.findLast((address) => !isTrusted(address)) ?? chain[0] ?? peer
}

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
