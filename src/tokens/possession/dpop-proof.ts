/** A DPoP proof (RFC 9449 §4.2): a JWT by which somebody shows, for one request, that they hold a private key. */
import { calculateJwkThumbprint, compactVerify, EmbeddedJWK } from 'jose'
import { z } from 'zod'
import { parseCompactJwt } from '../compact-jwt.ts'

/** What proofs may be signed with. */
export const dpopAlgorithms = ['ES256', 'PS256', 'EdDSA', 'Ed25519'] as const

export interface DpopProof {
  /** Of its key (RFC 7638): the `jkt` of tokens that are bound to it. */
  readonly thumbprint: string
  /** What names the proof among all of that key. */
  readonly jti: string
  /** Seconds. */
  readonly iat: number
  /** The method and the address of the request that it is for. */
  readonly htm: string
  readonly htu: string
  /** base64url of the SHA-256 of the token that it goes with. */
  readonly ath: string
}

const Header = z.looseObject({
  typ: z.literal('dpop+jwt'),
  alg: z.enum(dpopAlgorithms),
  jwk: z.record(z.string(), z.unknown()),
  // An extension that is critical is one that we do not know (RFC 7515 §4.1.11).
  crit: z.undefined().optional(),
})

const Payload = z.object({ jti: z.string().min(1), iat: z.number(), htm: z.string(), htu: z.string(), ath: z.string() })

/** `undefined`: it is none, or not signed by the very key that it shows. What it is for is not looked at. */
export async function readDpopProof(text: string): Promise<DpopProof | undefined> {
  const jwt = parseCompactJwt(text)
  const header = Header.safeParse(jwt?.header)
  const payload = Payload.safeParse(jwt?.payload)
  if (!header.success || !payload.success) return undefined
  try {
    // Of the key it takes the public part alone, and refuses one that shows more.
    await compactVerify(text, EmbeddedJWK, { algorithms: [...dpopAlgorithms] })
    return { ...payload.data, thumbprint: await calculateJwkThumbprint(header.data.jwk) }
  } catch {
    return undefined // Nobody else was asked: whatever is wrong is wrong with these bytes.
  }
}
