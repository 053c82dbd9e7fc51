/** What a certificate says, as far as Node.js does not tell it. */
import type { KeyObject, X509Certificate } from 'node:crypto'
import { AsnConvert } from '@peculiar/asn1-schema'
import {
  BasicConstraints,
  Certificate,
  ExtendedKeyUsage,
  type GeneralName,
  KeyUsage,
  KeyUsageFlags,
  type Name,
  SubjectAlternativeName,
} from '@peculiar/asn1-x509'
import { isStrongKey, signatureScheme } from './algorithms.ts'

export interface Parsed {
  readonly x509: X509Certificate
  readonly key: KeyObject
  /** The names as they are encoded: what is written otherwise is another name. */
  readonly issuer: string
  readonly subject: string
  readonly subjectName: Name
  readonly issuerName: Name
  /** Milliseconds. */
  readonly notBefore: number
  readonly notAfter: number
  readonly isAuthority: boolean
  readonly pathLength: number | undefined
  /** Absent: not restricted. */
  readonly keyUsage: number | undefined
  readonly extendedKeyUsage: readonly string[] | undefined
  readonly alternativeNames: readonly GeneralName[]
  readonly keyIsStrong: boolean
  readonly signatureIsStrong: boolean
  /** It restricts itself in a way that is not understood here (RFC 5280 §4.2). */
  readonly isStrange: boolean
}

const extensionIds = {
  keyUsage: '2.5.29.15',
  alternativeNames: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  certificatePolicies: '2.5.29.32',
  extendedKeyUsage: '2.5.29.37',
}
const known: ReadonlySet<string> = new Set(
  Object.values(extensionIds).filter((id) => id !== extensionIds.nameConstraints),
)

/** `undefined`: it cannot be read. */
function parseCertificate(x509: X509Certificate): Parsed | undefined {
  try {
    return parse(x509)
  } catch {
    // Whatever is wrong with the bytes, they are no certificate.
    return undefined
  }
}

function parse(x509: X509Certificate): Parsed | undefined {
  const { tbsCertificate: body, signatureAlgorithm } = AsnConvert.parse(x509.raw, Certificate)
  const extensions = body.extensions ?? []
  const ids = extensions.map(({ extnID }) => extnID)
  if (new Set(ids).size < ids.length) return undefined
  const contentOf = (id: string) => extensions.find(({ extnID }) => extnID === id)?.extnValue.buffer
  const [constraints, usage, purposes, names] = [
    contentOf(extensionIds.basicConstraints),
    contentOf(extensionIds.keyUsage),
    contentOf(extensionIds.extendedKeyUsage),
    contentOf(extensionIds.alternativeNames),
  ]
  const basic = constraints && AsnConvert.parse(constraints, BasicConstraints)
  return {
    x509,
    key: x509.publicKey,
    issuer: encoded(body.issuer),
    subject: encoded(body.subject),
    subjectName: body.subject,
    issuerName: body.issuer,
    notBefore: body.validity.notBefore.getTime().getTime(),
    notAfter: body.validity.notAfter.getTime().getTime(),
    isAuthority: basic?.cA ?? false,
    pathLength: basic?.pathLenConstraint,
    keyUsage: usage && AsnConvert.parse(usage, KeyUsage).toNumber(),
    extendedKeyUsage: purposes && [...AsnConvert.parse(purposes, ExtendedKeyUsage)],
    alternativeNames: names ? [...AsnConvert.parse(names, SubjectAlternativeName)] : [],
    keyIsStrong: isStrongKey(x509.publicKey),
    signatureIsStrong: body.signature.isEqual(signatureAlgorithm) && signatureScheme(signatureAlgorithm) !== undefined,
    isStrange:
      ids.includes(extensionIds.nameConstraints) ||
      extensions.some(({ critical, extnID }) => critical && !known.has(extnID)),
  }
}

export const mayUse = ({ keyUsage }: Parsed, flag: keyof typeof KeyUsageFlags): boolean =>
  keyUsage === undefined || (keyUsage & KeyUsageFlags[flag]) !== 0

export const encoded = (name: Name): string => Buffer.from(AsnConvert.serialize(name)).toString('base64')

/** Parsed ones, by their SHA-256: the bytes say the same for ever. */
export function createParser(limit = 1000): typeof parseCertificate {
  const recent = new Map<string, Parsed>()
  return (x509) => {
    const found = recent.get(x509.fingerprint256) ?? parseCertificate(x509)
    if (!found) return undefined
    recent.delete(x509.fingerprint256)
    recent.set(x509.fingerprint256, found)
    if (recent.size > limit) recent.delete(recent.keys().next().value ?? '')
    return found
  }
}
