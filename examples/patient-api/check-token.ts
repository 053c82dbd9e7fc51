import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from 'jose'

/** The token is not one we accept. Anything else that goes wrong means that we could not tell. */
export class InvalidToken extends Error {}

interface Settings {
  /** Who must have issued the token. */
  readonly issuer: string
  /** Whom it must be for: the `aud` claim. */
  readonly audience: string
  /** Where the issuer publishes its keys: `jwks_uri` of its discovery document. */
  readonly jwksUri: URL
}

export type CheckToken = (token: string) => Promise<JWTPayload>

/** Answers the token's claims, or rejects with {@link InvalidToken}. The issuer's keys are fetched once and kept. */
export function createTokenCheck({ issuer, audience, jwksUri }: Settings): CheckToken {
  const keys = createRemoteJWKSet(jwksUri)

  return async (token) => {
    const { payload } = await jwtVerify(token, keys, {
      issuer,
      audience,
      // Written down, never taken from the token: its header is the sender's word.
      algorithms: ['RS256'],
      requiredClaims: ['exp', 'sub'],
    }).catch((error: unknown) => {
      throw isTheTokensFault(error) ? new InvalidToken(error.message, { cause: error }) : error
    })
    // An ID token has the same issuer, audience and keys. It tells the application who signed in; it opens nothing.
    if (payload.typ !== 'Bearer') throw new InvalidToken('not an access token')
    // Its caller must prove to hold a key (RFC 7800), and nobody has asked for that here.
    if (payload.cnf !== undefined) throw new InvalidToken('bound to a key')
    return payload
  }
}

// Keys that could not be fetched say nothing about the token.
const keysUnknown = ['ERR_JOSE_GENERIC', 'ERR_JWKS_INVALID', 'ERR_JWKS_TIMEOUT']

const isTheTokensFault = (error: unknown): error is Error =>
  error instanceof errors.JOSEError && !keysUnknown.includes(error.code)
