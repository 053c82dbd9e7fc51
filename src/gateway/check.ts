/**
 * The gateway's question: may this request pass, and who sends it? A dialect says what was asked, readers say who it
 * is, the API's rules decide, and the dialect answers. Nothing here writes: a check costs one look at live state.
 */
import type { IncomingMessage } from 'node:http'
import type { Api } from '../apis/api.ts'
import type { Config } from '../config/schema.ts'
import { Unavailable } from '../errors.ts'
import type { Report } from '../events.ts'
import type { DirectAnswer } from '../http/direct.ts'
import { createGatewaySecret } from '../http/gateway-secret.ts'
import { cameUnder, trustedPeers } from '../http/origin.ts'
import { after, rescue, type Soon } from '../soon.ts'
import type { WriteGatewayAssertion } from '../tokens/gateway-assertion.ts'
import type { RefusedCalls } from '../traces/refused-calls.ts'
import { createAnswers } from './answers.ts'
import type { Decide, Decision, Refused } from './decide.ts'
import type { Asked, Dialect } from './dialects/dialect.ts'
import { readEvidence } from './evidence.ts'
import type { FindApi } from './find-api.ts'

interface Needs {
  readonly config: Pick<Config, 'issuer' | 'trusted_proxies' | 'gateway'>
  readonly findApi: Pick<FindApi, 'byAddress'>
  readonly decide: Decide
  /** Whether a user name and a password may do. */
  readonly takesPasswords: (api: Api) => Soon<boolean>
  readonly writeAssertion: WriteGatewayAssertion
  readonly report: Report
  readonly isOverloaded: () => boolean
  /** Told of each question that is not looked at for that reason. */
  readonly onShed: () => void
  readonly refusedCalls: Pick<RefusedCalls, 'note'>
}

export interface How {
  readonly dialect: Dialect
  /** What follows the dialect's own address, as it was sent. */
  readonly rest: string
  /** Network address of whoever calls the API, as trusted proxies tell it; `undefined`: what they tell is none. */
  readonly address: string | undefined
}

/** Answers whatever the request is; fails only where we are at fault. */
export type Check = (req: IncomingMessage, how: How) => Soon<DirectAnswer>

export function createCheck({ config, findApi, decide, takesPasswords, ...needs }: Needs): Check {
  const isTrusted = trustedPeers(config.trusted_proxies)
  const hasSecret = createGatewaySecret(config.gateway.secrets)
  const answers = createAnswers({ issuer: config.issuer, ...needs })

  function answer(req: IncomingMessage, { dialect, rest, address }: How): Soon<DirectAnswer> {
    const asked = dialect.ask(req, cameUnder(req), rest)
    if (!asked.host || !asked.target) return answers.refused(dialect, refusal('question_incomplete'), { asked })
    if (address === undefined) return answers.refused(dialect, refusal('address_unreadable'), { asked })
    return after(findApi.byAddress(asked.host, asked.target), (api) => {
      if (api === 'ambiguous') return answers.refused(dialect, refusal('address_ambiguous'), { asked })
      if (!api) return answers.refused(dialect, refusal('address_unknown'), { asked })
      return answerAt(api, { req, dialect, asked, address })
    })
  }

  function answerAt(api: Api, { req, dialect, asked, address }: Question): Soon<DirectAnswer> {
    const isProven = hasSecret(req)
    const certificateHeaders = isProven ? config.gateway.certificate_headers : []
    const evidence = readEvidence(req, { asked, address, certificateHeaders })
    const decided: Soon<Decision> =
      typeof evidence === 'string'
        ? refusal(evidence, evidence === 'identity_header_forged' ? 403 : 401)
        : decide(evidence, api)
    return after(decided, (decision) => {
      // What only the gateway may say would reach the API, whoever is let pass.
      const isReported = api.rules.enforcement === 'report' && evidence !== 'identity_header_forged'
      if (decision.passes || isReported) return answers.passed({ asked, api }, decision, isProven)
      const isDpop = typeof evidence !== 'string' && evidence.dpop !== undefined
      return after(takesPasswords(api), (does) =>
        answers.refused(dialect, decision, { asked, api, isDpop, takesPasswords: does }),
      )
    })
  }

  return (req, how) => {
    if (needs.isOverloaded()) {
      needs.onShed()
      return answers.shed(how.dialect)
    }
    if (!isTrusted(req.socket.remoteAddress ?? '')) return answers.refused(how.dialect, refusal('gateway_not_trusted'))
    return rescue(
      () => answer(req, how),
      (error) => {
        if (!(error instanceof Unavailable)) throw error
        return answers.unanswered(how.dialect, error)
      },
    )
  }
}

interface Question {
  readonly req: IncomingMessage
  readonly dialect: Dialect
  readonly asked: Asked
  readonly address: string
}

const refusal = (reason: Refused['reason'], status: Refused['status'] = 403): Refused => ({
  passes: false,
  status,
  reason,
})
