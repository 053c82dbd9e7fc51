/** Callers who show a certificate to the gateway: nobody signs in through such a source. */
import type { Clock } from '../../clock.ts'
import type { ConnectorType, PresentedConnector } from '../../connector.ts'
import type { Log } from '../../log.ts'
import type { Outbound } from '../../outbound/outbound.ts'
import { upstreamFetch } from '../upstream-fetch.ts'
import { CertificateConfig, certificatesIn } from './config.ts'

interface Needs {
  readonly http: Outbound
  readonly clock: Clock
  readonly log: Log
}

export const createCertificateConnectorType = (needs: Needs): ConnectorType => ({
  type: 'certificate',
  kind: 'presented',
  config: CertificateConfig,
  secrets: [],
  open: (config, { alias }) => openCertificate(CertificateConfig.parse(config), alias, needs),

  expiries(config) {
    const parsed = CertificateConfig.parse(config)
    return (['ca_certificates', 'intermediate_certificates'] as const).flatMap((member) =>
      parsed[member].flatMap((text, index) =>
        certificatesIn([text]).map(({ subject, validTo }) => ({
          what: subject.replaceAll('\n', ', '),
          expiresAt: Date.parse(validTo),
          path: `${member}.${index}`,
        })),
      ),
    )
  },
})

function openCertificate(config: CertificateConfig, alias: string, { http, clock, log }: Needs): PresentedConnector {
  // What reads certificates is loaded when somebody first comes with one.
  const load = async () =>
    (await import('./verify-certificate.ts')).createVerifier({
      ...{ config, alias, clock, fetch: upstreamFetch(http, config, alias) },
      onStale: (err) => log.warn({ err, source: alias }, 'a revocation list could not be fetched again'),
    })
  let loaded: ReturnType<typeof load> | undefined
  const verifier = () => {
    loaded ??= load()
    return loaded
  }

  return {
    kind: 'presented',
    recognises: ({ certificate }) => certificate !== undefined,
    verify: async (evidence) => (await verifier()).verify(evidence),
    check: async () => (await verifier()).check(),
  }
}
