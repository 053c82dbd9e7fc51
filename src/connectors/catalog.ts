import type { LocalUserStore } from '../accounts/local-user.ts'
import type { Clock } from '../clock.ts'
import type { ConnectorType, SourceType } from '../connector.ts'
import type { Log } from '../log.ts'
import type { Outbound } from '../outbound/outbound.ts'
import { createCertificateConnectorType } from './certificate/certificate.ts'
import { createJwtConnectorType } from './jwt/jwt.ts'
import { createLocalConnectorType } from './local/local.ts'
import type { PasswordHasher } from './local/password-hash.ts'
import { createOidcConnectorType } from './oidc/oidc.ts'

interface Needs {
  readonly http: Outbound
  readonly users: Pick<LocalUserStore, 'byUsername' | 'replace'>
  readonly passwords: PasswordHasher
  readonly clock: Clock
  readonly log: Log
}

/** Every protocol that a source can be of. A type that is not here cannot be configured. */
export function connectorCatalog(needs: Needs): ReadonlyMap<SourceType, ConnectorType> {
  const types = [
    createLocalConnectorType(needs),
    createOidcConnectorType(needs),
    createJwtConnectorType(needs),
    createCertificateConnectorType(needs),
  ]
  return new Map(types.map((type) => [type.type, type]))
}
