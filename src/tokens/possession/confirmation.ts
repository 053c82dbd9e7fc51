import { isRecord } from '../../mapping/path.ts'

/** How a key that a token is bound to is named (`cnf`, RFC 7800): by DPoP (RFC 9449 §6.1) or a certificate (RFC 8705 §3.1). */
export const confirmationMethods = ['jkt', 'x5t#S256'] as const

/** The thumbprints of keys that somebody has proven to hold, or that a token is bound to. */
export type Confirmation = Readonly<Partial<Record<(typeof confirmationMethods)[number], string>>>

/**
 * What a token is bound to. `undefined`: nothing, whoever holds it may use it. Members beyond {@link Confirmation} are
 * what nobody can prove here, and stay.
 */
export function confirmationOf(
  claims: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> | undefined {
  const { cnf } = claims
  return isRecord(cnf) && Object.keys(cnf).length > 0 ? cnf : undefined
}

/** What somebody could prove who holds every key that the token is bound to. */
export function provableOf(claims: Readonly<Record<string, unknown>>): Confirmation {
  const bound = Object.entries(confirmationOf(claims) ?? {})
  return Object.fromEntries(bound.filter(([method]) => confirmationMethods.some((known) => known === method)))
}

/** Whether every key that a token is bound to has been proven. */
export const isProven = (bound: Readonly<Record<string, unknown>>, proven: Confirmation): boolean =>
  Object.entries(bound).every(([method, thumbprint]) => {
    const known = confirmationMethods.find((name) => name === method)
    return known !== undefined && proven[known] !== undefined && proven[known] === thumbprint
  })
