/** Why a token, or what is exchanged for one, is no good. */
import type { Reason } from './reason.ts'

export const tokens = {
  token_missing: {
    status: 401,
    title: 'A token is required',
    cause: 'The request carries no bearer token in its Authorization header.',
    fix: 'Send Authorization: Bearer with an access token of this issuer.',
  },
  token_malformed: {
    status: 401,
    title: 'This is not an access token',
    cause: 'The token is not a JWT in the one form we issue.',
    fix: 'Send the access_token of the token response, unchanged.',
  },
  token_too_large: {
    status: 400,
    title: 'The token would be too large',
    cause: 'The access token would exceed the configured size (tokens.max_bytes); it is never cut.',
    fix: "Narrow the source's group filter or map fewer claims, or raise tokens.max_bytes as far as the gateways allow.",
  },
  token_algorithm: {
    status: 401,
    title: 'The token is not signed as required',
    cause:
      'The token names an algorithm that the key it names does not sign with, or a critical header that is unknown.',
    fix: 'Use a token issued by this broker.',
  },
  token_key_unknown: {
    status: 401,
    title: 'The token was signed with an unknown key',
    cause: 'The key id of the token is not one of ours.',
    fix: 'Get a new token from this issuer.',
  },
  token_signature: {
    status: 401,
    title: 'The signature of the token is wrong',
    cause: 'The signature does not verify with the key that the token names.',
    fix: 'Get a new token; this one was altered or made by somebody else.',
  },
  token_issuer: {
    status: 401,
    title: 'The token is from another issuer',
    cause: 'The iss claim is not this broker.',
    fix: 'Get a token from this issuer.',
  },
  token_type: {
    status: 401,
    title: 'This is not an access token',
    cause: 'The token is genuine but of another kind, such as an ID token.',
    fix: 'Send the access_token, not the id_token.',
  },
  token_expired: {
    status: 401,
    title: 'The token has expired',
    cause: 'The exp claim lies in the past.',
    fix: 'Use the refresh token to get a new one.',
  },
  token_not_yet_valid: {
    status: 401,
    title: 'The token is not valid yet',
    cause: 'The nbf or iat claim lies in the future.',
    fix: 'Compare the clocks.',
  },
  token_revoked: {
    status: 401,
    title: 'The token was revoked',
    cause: 'The token, its grant or its session was revoked or has ended.',
    fix: 'Sign in again.',
  },
  token_inactive: {
    status: 401,
    title: 'The issuer does not know this token, or no longer does',
    cause: 'The token is not a JWT, and the issuer that was asked about it says that it is not active.',
    fix: 'Get a new token, and send it unchanged.',
  },
  token_bound: {
    status: 401,
    title: 'The token is bound to a key',
    cause:
      'The token names a key that its caller must prove to have (cnf) in another way than by DPoP or a certificate, which cannot be checked here.',
    fix: 'Get a token that is bound by DPoP (RFC 9449) or to a certificate (RFC 8705), or to nothing.',
  },
  code_reused: {
    status: 400,
    title: 'The authorization code was used before',
    cause: 'A code is good for one token request. This one came a second time, so what it gave was revoked.',
    fix: 'Sign in again, and find out what sent the code twice: nobody but the application should have had it.',
  },
  refresh_token_reused: {
    status: 400,
    title: 'The refresh token was used before',
    cause: 'Each use of a refresh token gives a new one. This old one came again, so the grant was revoked.',
    fix: 'Sign in again. If the application keeps each new refresh token, somebody else had this one.',
  },
  token_audience: {
    status: 401,
    title: 'The token is meant for another API',
    cause: 'Neither the audience of the token nor the client it was issued to is accepted here.',
    fix: "Ask for a token with the API's audience (resource parameter, RFC 8707), or entitle the client to the API.",
  },
  insufficient_scope: {
    status: 403,
    title: 'The token does not allow this',
    cause: 'The token lacks the scope that this operation needs.',
    fix: 'Ask for a token with the scope named in the answer.',
  },
} as const satisfies Record<string, Reason>
