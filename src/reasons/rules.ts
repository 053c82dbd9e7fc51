/** Why the rules of an API do not let a call pass. */
import type { Reason } from './reason.ts'

export const rules = {
  token_not_bound: {
    status: 401,
    title: 'The token must be bound to a key',
    cause:
      'The API takes only tokens that are bound to a key which the caller proves (sender_constraint), and this one is not; or a token that is not bound by DPoP came with the scheme DPoP.',
    fix: 'Get a bound token (a DPoP proof with the token request, or a client certificate), or remove sender_constraint from the API.',
  },
  token_binding_unproven: {
    status: 401,
    title: 'The token belongs to another key',
    cause:
      'The token is bound (cnf) to the key of a DPoP proof (RFC 9449) or to a certificate (RFC 8705), and nothing in this call proves that the caller holds that key.',
    fix: 'Send the token as Authorization: DPoP with a proof by the key it was issued for; or call with its certificate, through a gateway that proves its secret and passes the certificate on.',
  },
  dpop_scheme_wrong: {
    status: 401,
    title: 'A token with a DPoP proof needs the scheme DPoP',
    cause: 'The request has a DPoP proof, but its token comes with the scheme Bearer, as if nothing had to be proven.',
    fix: 'Send Authorization: DPoP and the token. Send no DPoP header with a token that is not bound.',
  },
  dpop_proof_missing: {
    status: 401,
    title: 'A DPoP proof is required',
    cause:
      'The token comes with the scheme DPoP, or the client or the code is bound to a key, and the request has no DPoP header.',
    fix: 'Send a new proof (RFC 9449 §4.2) with every request, in the header DPoP. At a gateway: let it pass that header to the check.',
  },
  dpop_proof_invalid: {
    status: 401,
    title: 'This is not a DPoP proof',
    cause:
      'What is in the header DPoP is not a JWT of type dpop+jwt with jti, iat, htm, htu and ath, signed by the public key in its header, or by an algorithm that is not accepted.',
    fix: 'Make proofs as in RFC 9449 §4.2, with one of dpop_signing_alg_values_supported.',
  },
  dpop_proof_mismatch: {
    status: 401,
    title: 'The DPoP proof is for another request',
    cause:
      'The method (htm), the address (htu) or the token (ath) that the proof names is not that of the request, as the gateway reports it.',
    fix: 'Make a new proof for each request. If it is right, compare htu with the scheme, host and port that the gateway sends to the check.',
  },
  dpop_proof_stale: {
    status: 401,
    title: 'The DPoP proof was not made just now',
    cause: 'The time in the proof (iat) is more than a minute away from the time here.',
    fix: 'Make a new proof for each request, and set the clock of the device.',
  },
  dpop_proof_replayed: {
    status: 401,
    title: 'The DPoP proof was used before',
    cause: 'A proof can be used once. One with this jti, by the same key, has been used already.',
    fix: 'Make a new proof for each request, even for a retry. If the application already does, somebody else has read one.',
  },
  insufficient_user_authentication: {
    status: 401,
    title: 'A stronger or newer sign-in is required',
    cause:
      'The API asks for a level of assurance (required_acr) or for a recent sign-in (max_auth_age), and the token has neither.',
    fix: 'Sign in again with the acr_values and max_age that the challenge names (RFC 9470), and call with the new token.',
  },
  rate_limited: {
    status: 429,
    title: 'Too many calls',
    cause: "The calls of this window are used up: the API's rate_limit, counted on all nodes together.",
    fix: 'Try again after the seconds that Retry-After names, or raise the limit of the API.',
  },
  api_source_not_accepted: {
    status: 403,
    title: 'The API does not accept this way of signing in',
    cause:
      'The API names its authentication sources, and the token is from none of them. A token that a client got for itself is from no source.',
    fix: "Sign in through a source that the API names, or add this one to the API's authentication_sources.",
  },
  api_source_sunset: {
    status: 403,
    title: 'The API does not accept this way of signing in any more',
    cause: 'The sunset of the authentication source at this API is over.',
    fix: "Sign in through another source of the API, or move the sunset in the API's authentication_sources.",
  },
  api_key_missing: {
    status: 401,
    title: 'An API key is required',
    cause: 'The API asks for the key of an application, and X-API-Key carries none.',
    fix: "Send the application's key for this API in the header X-API-Key.",
  },
  api_key_not_of_client: {
    status: 403,
    title: 'The API key and the token belong to different applications',
    cause:
      "The API requires that the key's application is the client of the token (key_must_match_token), and it is not.",
    fix: "Send the key of the application that signed the person in, with that application's token.",
  },
  role_missing: {
    status: 403,
    title: 'A role is missing',
    cause: 'The caller has none of the roles that the API asks for.',
    fix: "Give the person one of the API's required_roles, directly or by the source's mapping.",
  },
  group_missing: {
    status: 403,
    title: 'A group is missing',
    cause: 'The caller is in none of the groups that the API asks for.',
    fix: "Add the person to one of the API's required_groups at the identity provider, and make sure that the mapping lets it pass.",
  },
  claim_mismatch: {
    status: 403,
    title: 'A claim is not as required',
    cause: "A claim of the caller breaks one of the API's claim rules.",
    fix: "Compare the token's claims with the claims of the API.",
  },
} as const satisfies Record<string, Reason>
