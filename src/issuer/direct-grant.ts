/**
 * A token for a machine as machines ask for it (RFC 6749 §4.4): it names the grant and nothing else, and gets a token
 * for itself. With a scope or a resource the provider answers. A test holds the two answers equal.
 */
import type { Admission } from '../admission/admit.ts'
import { type Clock, seconds } from '../clock.ts'
import type { Report } from '../events.ts'
import { machineAccessToken } from '../tokens/claims.ts'
import type { SignedHere } from '../tokens/signed-here.ts'
import { signedSize } from '../tokens/signed-size.ts'
import { directHeaders } from './direct-client.ts'
import type { DirectGrant } from './direct-token.ts'
import { type Signer, signCompact } from './sign-compact.ts'

interface Needs {
  readonly issuer: string
  readonly admission: Pick<Admission, 'machine'>
  /** What signs now. */
  readonly signer: () => Signer
  readonly signedHere: Pick<SignedHere, 'note'>
  /** Seconds. */
  readonly lifetime: number
  readonly maxBytes: number
  readonly clock: Clock
  readonly report: Report
}

const type = 'client_credentials'

export function createDirectGrant(needs: Needs): DirectGrant {
  const { issuer, admission, signer, signedHere, lifetime, maxBytes, clock, report } = needs

  return {
    type,
    fields: [],
    async issue({ id: clientId, secrets }) {
      const machine = await admission.machine(clientId)
      if ('denied' in machine || secrets.length === 0) return undefined
      const issuedAt = seconds(clock())
      const facts = { issuer, clientId, audience: clientId, scope: '', issuedAt, expiresAt: issuedAt + lifetime }
      const payload = machineAccessToken(facts, machine)
      const typ = machine.client.tokenProfile === 'rfc9068' ? 'at+jwt' : 'JWT'
      if (signedSize({ header: { typ }, payload }) > maxBytes) return undefined
      const access_token = await signCompact(signer(), typ, payload)
      signedHere.note(access_token)
      report('token.issued', { client: clientId, grant_type: type })
      const body = { access_token, expires_in: lifetime, token_type: 'Bearer' }
      return { status: 200, headers: directHeaders, body: JSON.stringify(body) }
    },
  }
}
