/** Which signatures and keys count: nothing with SHA-1 or MD5, and no key that is too short (NIST SP 800-131A). */
import { constants, type KeyObject, verify } from 'node:crypto'
import { RsaSaPssParams } from '@peculiar/asn1-rsa'
import { AsnConvert } from '@peculiar/asn1-schema'
import type { AlgorithmIdentifier } from '@peculiar/asn1-x509'

const digests: Readonly<Record<string, string | null>> = {
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
  '1.3.101.112': null,
  '1.3.101.113': null,
}
const pss = '1.2.840.113549.1.1.10'
const pssDigests: Readonly<Record<string, string>> = {
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
}

interface Scheme {
  /** `null`: the algorithm has one of its own. */
  readonly digest: string | null
  readonly saltLength?: number
}

/** `undefined`: it is none that counts. */
export function signatureScheme({ algorithm, parameters }: AlgorithmIdentifier): Scheme | undefined {
  if (algorithm !== pss) {
    const digest = digests[algorithm]
    return digest === undefined ? undefined : { digest }
  }
  if (!parameters) return undefined
  const { hashAlgorithm, saltLength } = AsnConvert.parse(parameters, RsaSaPssParams)
  const digest = pssDigests[hashAlgorithm.algorithm]
  return digest === undefined ? undefined : { digest, saltLength }
}

export function isSigned(what: ArrayBuffer, signature: ArrayBuffer, { digest, saltLength }: Scheme, key: KeyObject) {
  const options = saltLength === undefined ? { key } : { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }
  return verify(digest, Buffer.from(what), options, Buffer.from(signature))
}

const curves: ReadonlySet<string> = new Set(['prime256v1', 'secp384r1', 'secp521r1'])

export function isStrongKey({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): boolean {
  switch (asymmetricKeyType) {
    case 'rsa':
    case 'rsa-pss':
      return (asymmetricKeyDetails?.modulusLength ?? 0) >= 2048
    case 'ec':
      return curves.has(asymmetricKeyDetails?.namedCurve ?? '')
    default:
      return asymmetricKeyType === 'ed25519' || asymmetricKeyType === 'ed448'
  }
}
