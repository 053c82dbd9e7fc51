import { X509Certificate } from 'node:crypto'
import { z } from 'zod'
import { addressProblem } from '../address-problem.ts'
import { pemBlocks } from './pem.ts'

const Authorities = z
  .string()
  .max(20_000)
  .check(({ value, issues }) => {
    const message = authorityProblem(value)
    if (message) issues.push({ code: 'custom', message, input: undefined })
  })

const RevocationList = z
  .string()
  .max(500_000)
  .refine((text) => pemBlocks(text, 'X509 CRL') !== undefined, 'Expected a revocation list in PEM (BEGIN X509 CRL)')

/** Settings of a source of type `certificate`. */
export const CertificateConfig = z
  .strictObject({
    ca_certificates: z
      .array(Authorities)
      .min(1)
      .max(50)
      .describe('The authorities whose certificates are believed, in PEM.'),
    intermediate_certificates: z
      .array(Authorities)
      .max(50)
      .default([])
      .describe(
        'Authorities between those and the callers, in PEM: for gateways that hand on no chain. Not believed by themselves.',
      ),
    subjects: z
      .array(
        z
          .string()
          .min(1)
          .max(300)
          .regex(/^\P{Cc}*$/u, 'must not have control characters'),
      )
      .max(100)
      .default([])
      .describe(
        'Whose certificates are accepted: patterns over the subject as RFC 4514 writes it, CN first (`CN=*,OU=Partners,O=Acme`). `?` is one character, `*` any of one value, `**` anything. Empty: everybody that the authorities vouch for.',
      ),
    thumbprints: z
      .array(
        z.string().regex(/^[0-9a-f]{64}$/, 'Expected the SHA-256 of the certificate: 64 lower-case hexadecimal digits'),
      )
      .max(1000)
      .default([])
      .describe('Nothing but these very certificates, by their SHA-256. Empty: any.'),
    user_id: z
      .enum(['common_name', 'subject', 'email', 'uri', 'dns'])
      .default('common_name')
      .describe(
        'What names the caller: the CN, the whole subject, or an alternative name of this kind. There must be exactly one.',
      ),
    groups: z
      .array(z.string().min(1).max(255))
      .max(100)
      .default([])
      .describe('Groups of everybody who comes through this source.'),
    organizational_units_as_groups: z.boolean().default(false).describe("The subject's OUs are groups, too."),
    extended_key_usage: z
      .enum(['required', 'if_present'])
      .default('required')
      .describe('Whether a certificate must say that it is for clients (clientAuth), or may say nothing.'),
    clock_tolerance: z
      .int()
      .min(0)
      .max(120)
      .default(15)
      .describe("Seconds by which the authorities' clock may differ from ours."),
    crls: z.array(RevocationList).max(20).default([]).describe('Revocation lists, in PEM.'),
    crl_urls: z
      .array(z.url({ protocol: /^https?$/ }).max(500))
      .max(20)
      .default([])
      .describe('Where revocation lists are fetched, in DER or PEM.'),
    crl_refresh: z.int().min(60).max(86_400).default(3600).describe('Seconds after which a list is fetched again.'),
    crl_stale: z
      .int()
      .min(0)
      .max(604_800)
      .default(86_400)
      .describe('Seconds for which a list counts after its nextUpdate, while there is no newer one.'),
    crl_unknown: z
      .enum(['refuse', 'accept'])
      .default('refuse')
      .describe(
        'Where no current list of its authority covers a certificate: answer that nobody can tell (503), or take it for good.',
      ),
    allow_private_addresses: z
      .boolean()
      .default(false)
      .describe('Revocation lists may be on loopback or a private network, and be fetched by plain http there.'),
  })
  .check(({ value, issues }) => {
    for (const [index, url] of value.crl_urls.entries()) {
      const message = addressProblem(url, value.allow_private_addresses)
      if (message) issues.push({ code: 'invalid_format', format: 'url', path: ['crl_urls', index], message, input: '' })
    }
  })

export type CertificateConfig = z.output<typeof CertificateConfig>

/** All of these PEM texts, which the schema has found readable. */
export const certificatesIn = (texts: readonly string[]): readonly X509Certificate[] =>
  texts.flatMap((text) => (pemBlocks(text, 'CERTIFICATE') ?? []).map((der) => new X509Certificate(der)))

function authorityProblem(text: string): string | undefined {
  const blocks = pemBlocks(text, 'CERTIFICATE')
  if (!blocks) return 'Expected certificates in PEM (BEGIN CERTIFICATE), and nothing else'
  try {
    const other = blocks.map((der) => new X509Certificate(der)).find(({ ca }) => !ca)
    return other && `${other.subject.replaceAll('\n', ', ')} is no authority (CA:TRUE is missing)`
  } catch {
    return 'One of the certificates cannot be read'
  }
}
