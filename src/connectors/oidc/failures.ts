import { errors as jose } from 'jose'
import * as oidc from 'openid-client'
import { SourceProblem, type SourceProblemCode } from '../../connector.ts'
import { Refusal, Unavailable } from '../../errors.ts'

/** What came from the provider failed this check. Says which, and never what the value was. */
export class FailedCheck extends Error {
  override readonly name = 'FailedCheck'
  readonly check: string

  constructor(check: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.check = check
  }
}

/**
 * Sorts whatever went wrong with the provider into *no* and *could not tell*; what is our own mistake stays as
 * it is. The errors of the libraries end here: as causes they would take whole tokens along into the log.
 */
export function explainFailure(error: unknown, alias: string): unknown {
  const problem = sourceProblem(error)
  if (problem) return explainProblem(problem, alias)
  if (error instanceof FailedCheck) return invalid(alias, error.check, error.message)
  if (error instanceof oidc.AuthorizationResponseError) return explainAuthorizationError(error, alias)
  if (error instanceof oidc.ResponseBodyError) return explainTokenError(error, alias)
  if (error instanceof jose.JWKSNoMatchingKey || error instanceof jose.JWKSMultipleMatchingKeys) {
    return invalid(alias, 'kid', 'the token names no key of the provider')
  }
  if (error instanceof jose.JOSEError) return invalid(alias, 'signature', `the token does not verify (${error.code})`)
  if (unexpected(error)?.status === 401) return misconfigured(alias, 'it did not accept our credentials', 'status 401')
  if (error instanceof oidc.ClientError) return invalid(alias, ...named(error))
  return error
}

/** RFC 6749 §4.1.2.1: the provider could not; the person may well be allowed. */
const outages: ReadonlySet<string> = new Set(['server_error', 'temporarily_unavailable'])

/** The provider objects to us, not to the person. */
const ours: ReadonlySet<string> = new Set([
  'invalid_client',
  'invalid_request',
  'invalid_scope',
  'unauthorized_client',
  'unsupported_grant_type',
  'unsupported_response_type',
])

function explainAuthorizationError(error: oidc.AuthorizationResponseError, alias: string): Error {
  const said = quote(error.error, error.error_description)
  if (outages.has(error.error)) return new Unavailable(alias, `${alias} answered ${said}`)
  if (ours.has(error.error)) return misconfigured(alias, `it answered ${said}`, error.error)
  return refused(alias, said, error.error)
}

function explainTokenError(error: oidc.ResponseBodyError, alias: string): Error {
  const said = quote(error.error, error.error_description)
  if (outages.has(error.error)) return new Unavailable(alias, `${alias} answered ${said}`)
  // A wrong callback address comes as invalid_grant, like a code that was used before (RFC 6749 §5.2), or under a name
  // of its own. Wrong credentials come under any name, but always with this status.
  const callback = /redirect.?ur[il]/i.test(said)
  if (ours.has(error.error) || callback || error.status === 401) {
    return misconfigured(alias, `its token endpoint answered ${said}`, error.error)
  }
  return refused(alias, `${said} at the token endpoint`, error.error)
}

const unreachable: ReadonlySet<SourceProblemCode> = new Set([
  'UNKNOWN_HOST',
  'REQUEST_TIMEOUT',
  'CONNECTION_FAILED',
  'REMOTE_HOST_RESPONDED_WITH_ERROR',
])

function explainProblem(problem: SourceProblem, alias: string): Error {
  const { code, message } = problem
  if (unreachable.has(code)) return new Unavailable(alias, `${alias}: ${message}`, { cause: problem })
  if (code === 'URL_INVALID' || code === 'ADDRESS_NOT_ALLOWED') return misconfigured(alias, message, code)
  return invalid(alias, code === 'ISSUER_MISMATCH' ? 'issuer' : 'discovery', message)
}

const refused = (alias: string, said: string, code: string) =>
  new Refusal('upstream_refused', `${alias} answered ${said}`, {
    problems: [{ path: 'error', message: printable(code) }],
  })

const misconfigured = (alias: string, why: string, code: string) =>
  new Refusal('upstream_misconfigured', `${alias}: ${why}`, {
    problems: [{ path: 'error', message: printable(code) }],
  })

const invalid = (alias: string, check: string, why: string) =>
  new Refusal('upstream_invalid', `${alias}: ${why}`, { problems: [{ path: check, message: why }] })

/** Openid-client wraps what its fetch rejects with, once or twice. */
function sourceProblem(error: unknown): SourceProblem | undefined {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 4; cause = cause.cause, depth++) {
    if (cause instanceof SourceProblem) return cause
  }
  return undefined
}

/** An answer that openid-client could not make anything of. */
export const unexpected = (error: unknown): Response | undefined =>
  error instanceof oidc.ClientError && error.cause instanceof Response ? error.cause : undefined

/** What kind of answer it is, of which nothing is repeated. */
export function described({ status, headers }: Response): string {
  const type = headers.get('content-type')?.split(';', 1)[0]
  return type ? `status ${status} and the type ${printable(type)}` : `status ${status}`
}

/** The check that openid-client says has failed. Its causes hold whole tokens, of which nothing is repeated. */
function named(error: oidc.ClientError): [check: string, why: string] {
  const answer = unexpected(error)
  if (answer) return ['answer', `the token endpoint answered with ${described(answer)}`]
  const why = error.cause instanceof Error ? error.cause.message : error.message
  if (error.code === 'OAUTH_KEY_SELECTION_FAILED') return ['kid', 'the token names no key of the provider']
  if (why === 'JWT signature verification failed') return ['signature', 'the token does not verify']
  const claim = /"([\w.]+)"[^"]*$/.exec(why)?.[1]
  return [claim === undefined || claim === 'response' ? 'answer' : claim, why]
}

const quote = (code: string, description: string | undefined): string =>
  description ? `${printable(code)} (${printable(description)})` : printable(code)

/** An upstream's words, fit for one line of a log. */
const printable = (text: string): string => text.replace(/\p{C}|\p{Zl}|\p{Zp}/gu, ' ').slice(0, 200)
