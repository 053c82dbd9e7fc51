/**
 * A token for a machine as machines ask for it (RFC 6749 §4.4): a client with a secret, in the way it registered, names
 * the grant and nothing else, and gets a token for itself. With a scope or a resource, or when anything is in the way of
 * it, the provider answers. A test holds the two answers equal.
 */
import { type KeyObject, sign } from 'node:crypto'
import { promisify } from 'node:util'
import type { Admission } from '../admission/admit.ts'
import type { ClientStore } from '../clients/client.ts'
import { type Clock, seconds } from '../clock.ts'
import { Unavailable } from '../errors.ts'
import type { Report } from '../events.ts'
import type { DirectAnswer, DirectRoute } from '../http/direct.ts'
import { machineAccessToken } from '../tokens/claims.ts'
import { signedSize } from '../tokens/signed-size.ts'
import type { ProvesBy } from './client-secrets.ts'
import { authenticated, directHeaders } from './direct-client.ts'
import { readPlainForm } from './direct-form.ts'
import { giveBack } from './parameters.ts'
import { routes } from './provider.ts'

interface Needs {
  readonly issuer: string
  readonly confirmRegistry: () => Promise<unknown>
  readonly clients: Pick<ClientStore, 'get'>
  readonly proves: ProvesBy
  readonly admission: Pick<Admission, 'machine'>
  /** What signs now. */
  readonly signer: () => { readonly kid: string; readonly key: KeyObject }
  /** Seconds. */
  readonly lifetime: number
  readonly maxBytes: number
  readonly clock: Clock
  readonly report: Report
}

const fields: ReadonlySet<string> = new Set(['grant_type', 'client_id', 'client_secret'])
const grant = 'client_credentials'
const signAside = promisify(sign)

export function createDirectGrant(needs: Needs): DirectRoute {
  const { issuer, confirmRegistry, clients, proves, admission, signer, lifetime, maxBytes, clock, report } = needs

  async function issue(clientId: string): Promise<DirectAnswer | undefined> {
    const machine = await admission.machine(clientId)
    if ('denied' in machine) return undefined
    const issuedAt = seconds(clock())
    const facts = { issuer, clientId, audience: clientId, scope: '', issuedAt, expiresAt: issuedAt + lifetime }
    const payload = machineAccessToken(facts, machine)
    const typ = machine.client.tokenProfile === 'rfc9068' ? 'at+jwt' : 'JWT'
    if (signedSize({ header: { typ }, payload }) > maxBytes) return undefined
    const { kid, key } = signer()
    const signed = `${encoded({ alg: 'RS256', typ, kid })}.${encoded(payload)}`
    const signature = await signAside('sha256', Buffer.from(signed), key)
    report('token.issued', { client: clientId, grant_type: grant })
    const body = {
      access_token: `${signed}.${signature.toString('base64url')}`,
      expires_in: lifetime,
      token_type: 'Bearer',
    }
    return { status: 200, headers: directHeaders, body: JSON.stringify(body) }
  }

  return {
    method: 'POST',
    endpoint: routes.token,
    async answer(req) {
      const read = await readPlainForm(req, fields)
      if (!read) return undefined
      if (read.form?.get('grant_type') === grant) {
        try {
          await confirmRegistry()
          const client = await authenticated(req, read.form, clients, proves)
          const allowed = client?.metadata.grant_types?.includes(grant)
          const answer = client && allowed ? await issue(client.id) : undefined
          if (answer) return answer
        } catch (error) {
          // The provider meets the same outage, and says so.
          if (!(error instanceof Unavailable)) throw error
        }
      }
      giveBack(req, read.bytes)
      return undefined
    },
  }
}

const encoded = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url')
