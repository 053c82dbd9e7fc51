import type { IncomingMessage } from 'node:http'
import type { Config } from '../../config/schema.ts'
import type { ReasonCode } from '../../reasons.ts'
import { createGatewaySecret } from '../gateway-secret.ts'
import { trustedPeers } from '../origin.ts'
import { hasCertificateHeader, readCertificate } from './certificate-headers.ts'
import type { ClientCertificate } from './client-certificate.ts'

/**
 * The certificate of whoever sends a request to us, as a proxy in front tells it that ended their TLS connection and has
 * proven to be ours; or why what stands there is none. `undefined`: there is none.
 */
export type CallersCertificate = (req: IncomingMessage) => ClientCertificate | ReasonCode | undefined

export function createCallersCertificate({
  trusted_proxies,
  gateway,
}: Pick<Config, 'trusted_proxies' | 'gateway'>): CallersCertificate {
  const isTrusted = trustedPeers(trusted_proxies)
  const hasSecret = createGatewaySecret(gateway.secrets)

  return (req) => {
    const isOurs = isTrusted(req.socket.remoteAddress ?? '') && hasSecret(req)
    const certificate = readCertificate(req, isOurs ? gateway.certificate_headers : [])
    return certificate ?? (hasCertificateHeader(req) ? 'certificate_not_believed' : undefined)
  }
}
