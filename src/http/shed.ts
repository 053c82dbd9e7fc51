/**
 * When more is asked than can be answered, some are told so at once, who would otherwise wait until they give up and ask
 * again. Health, keys and metadata are always answered: others depend on them, and they cost next to nothing.
 */
import type { RequestListener } from 'node:http'

interface Needs {
  readonly isOverloaded: () => boolean
  /** Told of each request. */
  readonly requestBegan: () => void
  /** The issuer's path, without a slash at the end. */
  readonly base: string
  /** Told of each that is turned away. */
  readonly onShed: () => void
}

/** Gateways are told in their own words (gateway/check.ts). */
const always = ['/health/', '/metrics', '/jwks', '/.well-known/', '/verify/'] as const

/** Seconds, at random: not everybody is to come back at once. */
const patience = () => String(2 + Math.floor(Math.random() * 8))

const body = JSON.stringify({ error: 'temporarily_unavailable', error_description: 'Too much is being asked' })

export function shedLoad(
  { isOverloaded, requestBegan, base, onShed }: Needs,
  otherwise: RequestListener,
): RequestListener {
  const kept = always.map((path) => base + path)
  return (req, res) => {
    requestBegan()
    if (!isOverloaded() || kept.some((path) => req.url?.startsWith(path))) return otherwise(req, res)
    onShed()
    res.writeHead(503, {
      'Retry-After': patience(),
      'Content-Type': 'application/json; charset=utf-8',
      'Cache-Control': 'no-store',
      'Content-Length': Buffer.byteLength(body),
    })
    res.end(body)
  }
}
