/** What a gateway hands to the API behind it: who calls, signed by the broker, for that API and one minute. */
import { type CryptoKey, importJWK, type JWK, SignJWT } from 'jose'
import { type Clock, seconds } from '../clock.ts'
import { newId } from '../ids.ts'

interface Needs {
  readonly issuer: string
  /** The key that signs now, with its private members. */
  readonly signingKey: () => JWK
  readonly clock: Clock
}

export type WriteGatewayAssertion = (
  audience: string,
  subject: string,
  members: Readonly<Record<string, unknown>>,
) => Promise<string>

/** Seconds. */
const lifetime = 60

/** By the header's `typ` no endpoint of ours takes it for anything else (RFC 8725 §3.11); it has no claim `typ`. */
export const assertionType = 'gatehouse-assertion+jwt'

export function createGatewayAssertionWriter({ issuer, signingKey, clock }: Needs): WriteGatewayAssertion {
  let imported: { readonly jwk: JWK; readonly key: Promise<CryptoKey | Uint8Array> } | undefined

  return async (audience, subject, members) => {
    const jwk = signingKey()
    if (imported?.jwk !== jwk) imported = { jwk, key: importJWK(jwk, 'RS256') }
    const now = seconds(clock())
    return new SignJWT({
      ...members,
      iss: issuer,
      aud: audience,
      sub: subject,
      iat: now,
      exp: now + lifetime,
      jti: newId(),
    })
      .setProtectedHeader({ alg: 'RS256', kid: String(jwk.kid), typ: assertionType })
      .sign(await imported.key)
  }
}
