/**
 * Introspection (RFC 7662) as gateways ask for it: a client with a secret, in the way it registered, shows a JWT. That is
 * answered here, by the same check of the token, the same policy and with the same words as the provider's; any other
 * request goes to the provider, and so does every *no* to the client. A test holds the two answers equal.
 */
import type { Client } from '../clients/client.ts'
import { Unavailable } from '../errors.ts'
import type { Report } from '../events.ts'
import type { DirectAnswer, DirectRoute } from '../http/direct.ts'
import { after, type Soon } from '../soon.ts'
import type { AccessToken, CheckAccessToken } from '../tokens/access-token.ts'
import { introspectionAnswer } from '../tokens/introspection-answer.ts'
import { unavailable } from './answers.ts'
import type { ProvesBy } from './client-secrets.ts'
import { authenticated, directHeaders } from './direct-client.ts'
import { readPlainForm } from './direct-form.ts'
import type { MayLook } from './introspection-policy.ts'
import { giveBack } from './parameters.ts'
import { routes } from './provider.ts'
import type { ProvingClients } from './proving-clients.ts'

interface Needs {
  readonly issuer: string
  readonly proving: ProvingClients
  readonly proves: ProvesBy
  readonly checkAccessToken: CheckAccessToken
  readonly mayLook: MayLook
  readonly report: Report
}

const fields: ReadonlySet<string> = new Set(['token', 'token_type_hint', 'client_id', 'client_secret'])

export function createDirectIntrospection(needs: Needs): DirectRoute {
  const { issuer, proving, proves, checkAccessToken, mayLook, report } = needs
  // Tokens that are checked again are the same objects (tokens/check-access-token.ts).
  const texts = new WeakMap<AccessToken, string>()

  function textOf(token: AccessToken): string {
    const text = texts.get(token) ?? JSON.stringify(introspectionAnswer(token, issuer))
    texts.set(token, text)
    return text
  }

  function look(client: Client, shown: string): Soon<DirectAnswer> {
    return after(checkAccessToken(shown), (verdict): Soon<DirectAnswer> => {
      if (verdict.ok) return after(mayLook(client, verdict.token), (active) => tell(client, verdict.token, active))
      report('introspection.answered', { client: client.id, active: false, reason: verdict.reason })
      return answer(inactive)
    })
  }

  function tell({ id: client }: Client, token: AccessToken, active: boolean): DirectAnswer {
    report('introspection.answered', { client, account: token.accountId, source: token.sourceAlias, active })
    return answer(active ? textOf(token) : inactive)
  }

  return {
    method: 'POST',
    endpoint: routes.introspection,
    async answer(req) {
      const read = await readPlainForm(req, fields)
      if (!read) return undefined
      try {
        const client = read.form && (await authenticated(req, read.form, proving, proves))
        const token = read.form?.get('token')
        if (client && token && /^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) return await look(client, token)
      } catch (err) {
        if (!(err instanceof Unavailable)) throw err
        report('request.failed', { status: 503, reason: 'temporarily_unavailable', err })
        return { status: 503, headers: { ...directHeaders, 'Retry-After': '5' }, body: JSON.stringify(unavailable) }
      }
      giveBack(req, read.bytes)
      return undefined
    },
  }
}

const inactive = '{"active":false}'
const answer = (body: string): DirectAnswer => ({ status: 200, headers: directHeaders, body })
