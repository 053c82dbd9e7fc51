/** Certification authorities of our own, good and bad ones, and the lists in which they take certificates back. */
import { generateKeyPairSync, type KeyObject, randomBytes, sign, X509Certificate } from 'node:crypto'
import { AsnConvert, OctetString } from '@peculiar/asn1-schema'
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  BasicConstraints,
  Certificate,
  CertificateList,
  ExtendedKeyUsage,
  Extension,
  Extensions,
  GeneralName,
  GeneralSubtree,
  GeneralSubtrees,
  KeyUsage,
  KeyUsageFlags,
  Name,
  NameConstraints,
  RelativeDistinguishedName,
  RevokedCertificate,
  SubjectAlternativeName,
  SubjectPublicKeyInfo,
  TBSCertificate,
  TBSCertList,
  Time,
  Validity,
  Version,
} from '@peculiar/asn1-x509'

/** Type by dotted number or short name, and value; the most general first, as certificates have them. */
type Dn = readonly (readonly [type: string, value: string])[]

export interface Wish {
  readonly subject?: Dn
  readonly notBefore?: Date
  readonly notAfter?: Date
  readonly ca?: boolean
  readonly pathLength?: number
  /** Dotted numbers; `null`: without the extension. */
  readonly extendedKeyUsage?: readonly string[] | null
  readonly keyUsage?: number
  readonly san?: readonly GeneralName[]
  readonly key?: 'p256' | 'rsa2048' | 'rsa1024' | 'ed25519'
  readonly digest?: 'sha256' | 'sha1'
  /** A critical extension that nobody knows. */
  readonly unknownCritical?: boolean
  readonly permittedDns?: string
}

export interface Issued {
  readonly certificate: X509Certificate
  readonly pem: string
  readonly privateKey: KeyObject
}

export interface Authority extends Issued {
  issue(wish?: Wish): Issued
  authority(wish?: Wish): Authority
  /** PEM. */
  revocations(certificates: readonly X509Certificate[], times?: RevocationTimes): string
}

interface RevocationTimes {
  readonly thisUpdate?: Date
  readonly nextUpdate?: Date
  /** An extension that says the list is not about all certificates. */
  readonly partial?: boolean
}

export const clientAuth = '1.3.6.1.5.5.7.3.2'
export const serverAuth = '1.3.6.1.5.5.7.3.1'

const types: Readonly<Record<string, string>> = { CN: '2.5.4.3', O: '2.5.4.10', OU: '2.5.4.11', C: '2.5.4.6' }
const day = 86_400_000

export const createAuthority = (name = 'Root', wish: Wish = {}): Authority => {
  const subject: Dn = [
    ['O', 'Acme'],
    ['CN', name],
  ]
  return authorityOf({ subject, ...wish, ca: true, notAfter: wish.notAfter ?? new Date(Date.now() + 30 * day) })
}

export const dnsName = (dNSName: string) => new GeneralName({ dNSName })
export const emailName = (rfc822Name: string) => new GeneralName({ rfc822Name })
export const uriName = (uniformResourceIdentifier: string) => new GeneralName({ uniformResourceIdentifier })

function authorityOf(wish: Wish, parent?: Issued): Authority {
  const own = issue({ ...wish, ca: true }, parent)
  return {
    ...own,
    issue: (wanted = {}) => issue(wanted, own),
    authority: (wanted = {}) => authorityOf(wanted, own),
    revocations: (certificates, times = {}) => revocationList(own, certificates, times),
  }
}

/** With its key and in its name, whether it may or not. */
export const issueBy = (parent: Issued, wish: Wish): Issued => issue(wish, parent)

function issue(wish: Wish, parent?: Issued): Issued {
  const { publicKey, privateKey } = keyPair(wish.key ?? 'p256')
  const signer = parent?.privateKey ?? privateKey
  const digest = wish.digest ?? 'sha256'
  const signature = algorithm(signer, digest)
  const subject = nameOf(wish.subject ?? [['CN', 'john']])
  const certificate = new TBSCertificate({
    version: Version.v3,
    serialNumber: serial(),
    signature,
    issuer: parent ? AsnConvert.parse(rawSubject(parent.certificate), Name) : subject,
    validity: new Validity({
      notBefore: wish.notBefore ?? new Date(Date.now() - day),
      notAfter: wish.notAfter ?? new Date(Date.now() + day),
    }),
    subject,
    subjectPublicKeyInfo: AsnConvert.parse(publicKey.export({ type: 'spki', format: 'der' }), SubjectPublicKeyInfo),
    extensions: new Extensions(extensionsOf(wish)),
  })
  const der = AsnConvert.serialize(
    new Certificate({
      tbsCertificate: certificate,
      signatureAlgorithm: signature,
      signatureValue: signed(certificate, signer, digest),
    }),
  )
  const made = new X509Certificate(Buffer.from(der))
  return { certificate: made, pem: made.toString(), privateKey }
}

function extensionsOf(wish: Wish): Extension[] {
  const { ca = false, pathLength, san = [], keyUsage, extendedKeyUsage = [clientAuth], permittedDns } = wish
  const usage = keyUsage ?? (ca ? KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign : KeyUsageFlags.digitalSignature)
  return [
    extension(
      '2.5.29.19',
      new BasicConstraints({ cA: ca, ...(pathLength !== undefined && { pathLenConstraint: pathLength }) }),
      true,
    ),
    extension('2.5.29.15', new KeyUsage(usage), true),
    ...(ca || extendedKeyUsage === null ? [] : [extension('2.5.29.37', new ExtendedKeyUsage([...extendedKeyUsage]))]),
    ...(san.length > 0 ? [extension('2.5.29.17', new SubjectAlternativeName([...san]))] : []),
    ...(wish.unknownCritical ? [extension('1.2.3.4.5', new OctetString(Buffer.from('x')), true)] : []),
    ...(permittedDns === undefined
      ? []
      : [
          extension(
            '2.5.29.30',
            new NameConstraints({
              permittedSubtrees: new GeneralSubtrees([new GeneralSubtree({ base: dnsName(permittedDns) })]),
            }),
            true,
          ),
        ]),
  ]
}

function revocationList(
  issuer: Issued,
  certificates: readonly X509Certificate[],
  { thisUpdate = new Date(Date.now() - 60_000), nextUpdate = new Date(Date.now() + day), partial }: RevocationTimes,
): string {
  const signature = algorithm(issuer.privateKey, 'sha256')
  const list = new TBSCertList({
    version: Version.v2,
    signature,
    issuer: AsnConvert.parse(rawSubject(issuer.certificate), Name),
    thisUpdate: new Time(thisUpdate),
    nextUpdate: new Time(nextUpdate),
    ...(certificates.length > 0 && {
      revokedCertificates: certificates.map(
        ({ serialNumber }) =>
          new RevokedCertificate({
            userCertificate: new Uint8Array(Buffer.from(serialNumber, 'hex')).buffer,
            revocationDate: new Time(thisUpdate),
          }),
      ),
    }),
    ...(partial && {
      crlExtensions: new Extensions([extension('2.5.29.28', new OctetString(Buffer.from('x')), true)]),
    }),
  })
  const der = AsnConvert.serialize(
    new CertificateList({
      tbsCertList: list,
      signatureAlgorithm: signature,
      signature: signed(list, issuer.privateKey, 'sha256'),
    }),
  )
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return ['-----BEGIN X509 CRL-----', ...lines, '-----END X509 CRL-----', ''].join('\n')
}

const extension = (extnID: string, value: unknown, critical = false): Extension =>
  new Extension({ extnID, critical, extnValue: new OctetString(AsnConvert.serialize(value)) })

const rawSubject = ({ raw }: X509Certificate): ArrayBuffer =>
  AsnConvert.serialize(AsnConvert.parse(raw, Certificate).tbsCertificate.subject)

const nameOf = (dn: Dn): Name =>
  new Name(
    dn.map(
      ([type, value]) =>
        new RelativeDistinguishedName([
          new AttributeTypeAndValue({ type: types[type] ?? type, value: new AttributeValue({ utf8String: value }) }),
        ]),
    ),
  )

// The first bit is clear: a serial number is not negative.
function serial(): ArrayBuffer {
  const bytes = new Uint8Array(randomBytes(16))
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40
  return bytes.buffer
}

function keyPair(kind: NonNullable<Wish['key']>) {
  switch (kind) {
    case 'p256':
      return generateKeyPairSync('ec', { namedCurve: 'P-256' })
    case 'ed25519':
      return generateKeyPairSync('ed25519')
    case 'rsa1024':
      return generateKeyPairSync('rsa', { modulusLength: 1024 })
    case 'rsa2048':
      return generateKeyPairSync('rsa', { modulusLength: 2048 })
  }
}

const algorithms: Readonly<Record<string, string>> = {
  'ec sha256': '1.2.840.10045.4.3.2',
  'ec sha1': '1.2.840.10045.4.1',
  'rsa sha256': '1.2.840.113549.1.1.11',
  'rsa sha1': '1.2.840.113549.1.1.5',
  'ed25519 sha256': '1.3.101.112',
}

const algorithm = ({ asymmetricKeyType }: KeyObject, digest: string): AlgorithmIdentifier =>
  new AlgorithmIdentifier({
    algorithm: algorithms[`${asymmetricKeyType} ${digest}`] ?? '',
    ...(asymmetricKeyType === 'rsa' && { parameters: new Uint8Array([5, 0]).buffer }),
  })

const signed = (what: unknown, key: KeyObject, digest: string): ArrayBuffer =>
  new Uint8Array(
    sign(key.asymmetricKeyType === 'ed25519' ? null : digest, Buffer.from(AsnConvert.serialize(what)), key),
  ).buffer
