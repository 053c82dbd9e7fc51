import type { ReasonCode } from '../reasons.ts'

/** What the library says, for the log alone, where a token or a code is bound to a key: each *no* has the same words for the client. */
const reasonsBySentence: Readonly<Record<string, ReasonCode>> = {
  'DPoP proof JWT not provided': 'dpop_proof_missing',
  'missing DPoP proof JWT': 'dpop_proof_missing',
  'failed jkt verification': 'token_binding_unproven',
  'DPoP proof key thumbprint does not match dpop_jkt': 'token_binding_unproven',
  'mutual TLS client certificate not provided': 'certificate_missing',
  'failed x5t#S256 verification': 'token_binding_unproven',
}

export const bindingReason = (detail: string | undefined): ReasonCode | undefined =>
  detail === undefined ? undefined : reasonsBySentence[detail]
