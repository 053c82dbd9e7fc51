import type { IncomingMessage } from 'node:http'
import type { ReasonCode } from '../../reasons.ts'
import { type ClientCertificate, clientCertificate } from './client-certificate.ts'
import { envoyForm, ownForm, standardForm, traefikForm } from './header-forms.ts'

/** The headers by which a gateway can tell a caller's certificate: of RFC 9440, ours, Envoy's and Traefik's. */
export const certificateHeaders = [
  'client-cert',
  'x-gatehouse-client-cert',
  'x-forwarded-client-cert',
  'x-forwarded-tls-client-cert',
] as const
export type CertificateHeader = (typeof certificateHeaders)[number]

type Headers = Pick<IncomingMessage, 'headersDistinct'>

/** What a gateway that proved itself says of the caller's certificate. `undefined`: there is none. */
export function readCertificate(
  req: Headers,
  written: readonly CertificateHeader[],
): ClientCertificate | ReasonCode | undefined {
  const shown = written.filter((name) => isShown(req, name))
  const [header, ...others] = shown
  if (header === undefined) return undefined
  const values = req.headersDistinct[header] ?? []
  // The gateway writes one. What else is there was written by somebody else.
  if (others.length > 0 || values.length > 1) return 'certificate_ambiguous'
  const ders = dersOf(req, header, values[0]?.trim() ?? '')
  if (ders === 'many') return 'certificate_ambiguous'
  if (ders === undefined) return 'certificate_unreadable'
  if (ders.length === 0) return undefined
  const verdict = req.headersDistinct['x-gatehouse-client-verify'] ?? []
  if (verdict.length > 1) return 'certificate_ambiguous'
  // As nginx and HAProxy write that a certificate is good; a gateway that leaves it to us says nothing.
  if (verdict[0] !== undefined && !/^(SUCCESS|0)?$/.test(verdict[0])) return 'certificate_refused'
  return clientCertificate(ders) ?? 'certificate_unreadable'
}

/** Somebody shows a certificate in a header that this gateway does not write, or is no gateway. */
export const hasCertificateHeader = (req: Headers): boolean => certificateHeaders.some((name) => isShown(req, name))

const isShown = ({ headersDistinct }: Headers, name: CertificateHeader): boolean =>
  (headersDistinct[name] ?? []).some((value) => value.trim() !== '')

function dersOf({ headersDistinct }: Headers, header: CertificateHeader, value: string) {
  switch (header) {
    case 'client-cert':
      return standardForm(value, (headersDistinct['client-cert-chain'] ?? []).join(',').trim())
    case 'x-gatehouse-client-cert':
      return ownForm(value)
    case 'x-forwarded-client-cert':
      return envoyForm(value)
    case 'x-forwarded-tls-client-cert':
      return traefikForm(value)
  }
}
