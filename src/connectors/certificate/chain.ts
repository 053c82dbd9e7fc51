/** From a caller's certificate to an authority that is believed (RFC 5280 §6), as far as client certificates need it. */
import { mayUse, type Parsed } from './parsed.ts'

export const clientAuthentication = '1.3.6.1.5.5.7.3.2'
const anyPurpose = '2.5.29.37.0'

/** Authorities between the caller and the one that is believed. */
const longestPath = 5
/** Signatures that are verified for one caller at most, whatever they send along. */
const mostSignatures = 32

interface Wanted {
  /** Believed. */
  readonly anchors: readonly Parsed[]
  /** Not believed by themselves, whoever brought them. */
  readonly others: readonly Parsed[]
  /** Milliseconds. */
  readonly now: number
  readonly tolerance: number
}

export const isInTime = ({ notBefore, notAfter }: Parsed, { now, tolerance }: Pick<Wanted, 'now' | 'tolerance'>) =>
  notBefore - tolerance <= now && now <= notAfter + tolerance

/** The caller's own first, the authority that is believed last. `undefined`: there is none. */
export function findPath(leaf: Parsed, wanted: Wanted): readonly Parsed[] | undefined {
  let signatures = 0

  function issued(authority: Parsed, path: readonly Parsed[]): boolean {
    const last = path.at(-1)
    if (!last?.signatureIsStrong || last.issuer !== authority.subject) return false
    if (path.some((one) => isSame(one, authority)) || !isUsable(authority, path.length - 1, wanted)) return false
    signatures += 1
    return signatures <= mostSignatures && last.x509.verify(authority.key)
  }

  function extend(path: readonly Parsed[]): readonly Parsed[] | undefined {
    const anchor = wanted.anchors.find((authority) => issued(authority, path))
    if (anchor) return [...path, anchor]
    if (path.length > longestPath) return undefined
    for (const authority of wanted.others) {
      const found = issued(authority, path) ? extend([...path, authority]) : undefined
      if (found) return found
    }
    return undefined
  }

  return extend([leaf])
}

const isSame = (one: Parsed, other: Parsed): boolean => one.x509.fingerprint256 === other.x509.fingerprint256

/** `below`: how many authorities stand between it and the caller. */
function isUsable(authority: Parsed, below: number, wanted: Wanted): boolean {
  const { isAuthority, isStrange, keyIsStrong, pathLength, extendedKeyUsage: uses } = authority
  return (
    isAuthority &&
    !isStrange &&
    keyIsStrong &&
    mayUse(authority, 'keyCertSign') &&
    (pathLength === undefined || below <= pathLength) &&
    (uses === undefined || uses.includes(clientAuthentication) || uses.includes(anyPurpose)) &&
    isInTime(authority, wanted)
  )
}
