import { timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { digest } from '../ids.ts'

type Headers = Pick<IncomingMessage, 'headersDistinct'>

/**
 * Whether whoever stands in front of us proves to be ours, by one of these secrets in `X-Gatehouse-Gateway`: then what
 * they write of a caller is believed.
 */
export function createGatewaySecret(given: readonly string[]): (req: Headers) => boolean {
  const secrets = given.map((secret) => Buffer.from(digest(secret)))
  return ({ headersDistinct }) => {
    if (secrets.length === 0) return false
    const [value = '', ...more] = headersDistinct['x-gatehouse-gateway'] ?? []
    const shown = Buffer.from(digest(more.length === 0 ? value : ''))
    return secrets.filter((secret) => timingSafeEqual(secret, shown)).length > 0
  }
}
