/**
 * Tokens as most are asked for: a client that proves itself by its secret, in the way it registered, or a public one
 * that says its name, and with that nothing but what the grant needs. Whatever is more than that, or in the way of it,
 * is the provider's to answer.
 */
import type { Client } from '../clients/client.ts'
import { Unavailable } from '../errors.ts'
import type { DirectAnswer, DirectRoute } from '../http/direct.ts'
import type { ProvesBy } from './client-secrets.ts'
import { authenticated, publicClient } from './direct-client.ts'
import { type PlainForm, readPlainForm } from './direct-form.ts'
import { giveBack } from './parameters.ts'
import { routes } from './provider.ts'
import type { ProvingClients } from './proving-clients.ts'
import { passOnUnsettled } from './unsettled.ts'

export interface DirectGrant {
  /** As in `grant_type`. */
  readonly type: string
  /** The fields of its own; each must be there. */
  readonly fields: readonly string[]
  /**
   * `undefined`: nothing has been changed, and the provider is to answer. Rejects with `Unavailable`, and with
   * `Unsettled` where nobody knows whether what was shown has been used up.
   */
  issue(client: Client, form: PlainForm): Promise<DirectAnswer | undefined>
}

interface Needs {
  readonly confirmRegistry: () => Promise<unknown>
  readonly proving: ProvingClients
  readonly proves: ProvesBy
  readonly grants: readonly DirectGrant[]
}

/** Its tokens are bound to a key, which is the provider's to ask for. */
const alwaysBinds = ({ metadata }: Client): boolean =>
  metadata.dpop_bound_access_tokens === true || metadata.tls_client_certificate_bound_access_tokens === true

const common = ['grant_type', 'client_id', 'client_secret'] as const

export function createDirectToken({ confirmRegistry, proving, proves, grants }: Needs): DirectRoute {
  const fields: ReadonlySet<string> = new Set([...common, ...grants.flatMap((grant) => grant.fields)])

  const grantFor = (form: PlainForm | undefined): DirectGrant | undefined => {
    const grant = form && grants.find(({ type }) => type === form.get('grant_type'))
    if (!grant?.fields.every((name) => form?.has(name))) return undefined
    const expected = common.filter((name) => form?.has(name)).length + grant.fields.length
    return form?.size === expected ? grant : undefined
  }

  return {
    method: 'POST',
    endpoint: routes.token,
    async answer(req) {
      const read = await readPlainForm(req, fields)
      if (!read) return undefined
      const { form, bytes } = read
      const grant = grantFor(form)
      if (form && grant) {
        try {
          await confirmRegistry()
          const client = (await authenticated(req, form, proving, proves)) ?? (await publicClient(req, form, proving))
          const allowed = client?.metadata.grant_types?.includes(grant.type) && !alwaysBinds(client)
          const answer = client && allowed ? await grant.issue(client, form) : undefined
          if (answer) return answer
        } catch (error) {
          // The provider meets the same outage, and says so.
          if (!(error instanceof Unavailable)) throw error
          passOnUnsettled(req, error)
        }
      }
      giveBack(req, bytes)
      return undefined
    },
  }
}
