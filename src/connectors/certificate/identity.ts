import { Refusal } from '../../errors.ts'
import type { Identity } from '../../identity.ts'
import type { CertificateConfig } from './config.ts'
import { distinguishedName, valuesOf } from './distinguished-name.ts'
import type { Parsed } from './parsed.ts'

const [commonName, organizationalUnit] = ['2.5.4.3', '2.5.4.11']

/** Who a certificate says its holder is, whom its authority has vouched for. Rejects with `certificate_subject_unclear`. */
export function toIdentity(parsed: Parsed, config: CertificateConfig): Identity {
  const dn = distinguishedName(parsed.subjectName)
  const names = parsed.alternativeNames
  const alternatives = {
    email: names.flatMap(({ rfc822Name }) => rfc822Name ?? []),
    uri: names.flatMap(({ uniformResourceIdentifier }) => uniformResourceIdentifier ?? []),
    dns: names.flatMap(({ dNSName }) => dNSName ?? []),
  }
  const commonNames = valuesOf(parsed.subjectName, commonName)
  const units = valuesOf(parsed.subjectName, organizationalUnit)
  const found = { ...alternatives, common_name: commonNames, subject: [dn] }[config.user_id]
  const [subject, ...more] = found
  // Which of several is meant, or what one with control characters is taken for elsewhere, would be a guess.
  if (!subject || more.length > 0 || subject.length > 255 || /\p{Cc}/u.test(subject))
    throw new Refusal('certificate_subject_unclear')
  return {
    subject,
    attributes: {
      sub: subject,
      preferred_username: subject,
      ...(commonNames[0] !== undefined && { name: commonNames[0] }),
      ...(alternatives.email[0] !== undefined && { email: alternatives.email[0] }),
      subject_dn: dn,
      issuer_dn: distinguishedName(parsed.issuerName),
      serial_number: parsed.x509.serialNumber,
      common_names: commonNames,
      organizational_units: units,
      emails: alternatives.email,
      uris: alternatives.uri,
      dns_names: alternatives.dns,
      groups: [...new Set([...config.groups, ...(config.organizational_units_as_groups ? units : [])])],
      // RFC 8705 §3.1: the caller has proven to the gateway that the key is theirs.
      cnf: { 'x5t#S256': Buffer.from(parsed.x509.fingerprint256.replaceAll(':', ''), 'hex').toString('base64url') },
    },
  }
}
