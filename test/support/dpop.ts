/** DPoP proofs (RFC 9449 §4.2) as an application makes them, by hand: nothing of it is shared with what checks them. */
import { createHash, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto'

type Members = Readonly<Record<string, unknown>>

export interface Holder {
  readonly thumbprint: string
  readonly jwk: Members
  readonly key: KeyObject
  /** `over` what would be right; `undefined` leaves a member out. */
  proof(method: string, url: string, more?: Wish): string
}

interface Wish {
  readonly token?: string
  readonly claims?: Members
  readonly header?: Members
  /** Who signs, if it is somebody else. */
  readonly by?: KeyObject
}

const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const sha256 = (text: string) => createHash('sha256').update(text).digest('base64url')

/** Somebody with an ES256 key of their own. `now` in milliseconds. */
export function createHolder(now: () => number = Date.now): Holder {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { kty, crv, x, y } = publicKey.export({ format: 'jwk' })
  const jwk = { kty, crv, x, y }
  return {
    jwk,
    key: privateKey,
    // RFC 7638 §3: the required members in the order of their names.
    thumbprint: sha256(JSON.stringify({ crv, kty, x, y })),
    proof(method, url, { token, claims, header, by = privateKey } = {}) {
      const payload = {
        jti: randomUUID(),
        htm: method,
        htu: url,
        iat: Math.floor(now() / 1000),
        ...(token !== undefined && { ath: sha256(token) }),
        ...claims,
      }
      const signed = `${encoded({ typ: 'dpop+jwt', alg: 'ES256', jwk, ...header })}.${encoded(payload)}`
      const signature = sign('sha256', Buffer.from(signed), { key: by, dsaEncoding: 'ieee-p1363' })
      return `${signed}.${signature.toString('base64url')}`
    },
  }
}
