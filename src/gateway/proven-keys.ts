/** Which keys a caller has proven to hold. Whether their token must be bound to one of them, rules.ts says. */
import type { Soon } from '../soon.ts'
import type { CheckDpop, Unproven } from '../tokens/possession/check-dpop.ts'
import { type Confirmation, confirmationOf } from '../tokens/possession/confirmation.ts'
import type { Caller, Evidence } from './reader.ts'

/** In this very call; or why what they brought is no proof. Fails with `Unavailable` when that could not be told. */
export type ProvenKeys = (evidence: Evidence, caller: Caller) => Soon<Confirmation | Unproven>

/** Of who brings no DPoP proof nobody is asked. */
export function createProvenKeys({ checkDpop }: { readonly checkDpop: CheckDpop }): ProvenKeys {
  async function byDpop(call: Parameters<CheckDpop>[0], { claims }: Caller): Promise<Confirmation | Unproven> {
    const thumbprint = confirmationOf(claims)?.jkt
    // What is bound to no key belongs behind Bearer (RFC 9449 §7.1).
    if (typeof thumbprint !== 'string') return { unproven: 'token_not_bound' }
    return (await checkDpop(call, thumbprint)) ?? { jkt: thumbprint }
  }

  return ({ bearer: token, dpop, certificate }, caller) => {
    if (dpop && token !== undefined) return byDpop({ token, ...dpop }, caller)
    return certificate ? { 'x5t#S256': certificate.thumbprint } : {}
  }
}
