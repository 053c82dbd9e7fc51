import { STATUS_CODES } from 'node:http'
import type { Context, Middleware } from 'koa'
import { type Language, wordsIn } from '#views/words.ts'
import { type Problem, Refusal, Unavailable } from '../errors.ts'
import type { Report } from '../events.ts'
import { newReference } from '../ids.ts'
import type { Log } from '../log.ts'
import { type ReasonCode, reasons } from '../reasons.ts'
import { redactText } from '../redaction.ts'

/** What a person reads when something did not work. */
export interface PageProblem {
  readonly status: number
  readonly title: string
  readonly cause: string
  readonly fix: string
  /** Of reasons.ts, or another. */
  readonly code?: string
  /** Of the words, where they are in the reader's already. */
  readonly lang?: Language
  /** What an administrator finds the log line, and the login trace if there is one, by. */
  readonly reference: string
}

interface Answer extends Omit<PageProblem, 'reference' | 'lang'> {
  readonly code: string
  readonly detail: string
  readonly problems: readonly Problem[]
  /** Seconds. */
  readonly retryAfter?: number | undefined
}

interface Needs {
  readonly report: Report
  readonly log: Log
  /** The page for people, with everything in it escaped. */
  readonly problemPage: (ctx: Context, problem: PageProblem) => { toString(): string }
}

/** Seconds: what is out of order is seldom so for longer. */
const patience = 5

/**
 * Turns whatever is thrown below it into an answer: `application/problem+json` (RFC 9457) for the admin API
 * and for callers that prefer JSON, a page for everybody else. A caller is told what a Refusal says; of all
 * other errors only the reference, under which the log has the cause. A handler that has a reference already
 * (a login trace) leaves it in `ctx.state.reference`.
 */
export function answerErrors({ report, log, problemPage }: Needs): Middleware {
  return async (ctx, next) => {
    try {
      await next()
      refuseUnanswered(ctx)
    } catch (error) {
      if (ctx.headerSent || !ctx.writable) {
        log.warn({ err: error }, 'the request failed after its answer had begun')
        ctx.res.destroy()
        return
      }
      const reference = typeof ctx.state.reference === 'string' ? ctx.state.reference : newReference()
      const answer = answerTo(error)
      tell(report, answer, reference, error)
      send(ctx, answer, reference, problemPage)
    }
  }
}

// @koa/router says 404, 405 and 501 by status alone.
function refuseUnanswered(ctx: Context): void {
  if (ctx.body !== undefined && ctx.body !== null) return
  if (ctx.status === 404) throw new Refusal('not_found', `There is nothing at ${ctx.path}`)
  if (ctx.status === 405 || ctx.status === 501) {
    throw new Refusal('method_not_allowed', `${ctx.method} cannot be used at ${ctx.path}`)
  }
}

function answerTo(error: unknown): Answer {
  if (error instanceof Refusal) {
    const { code, status, message, problems, retryAfter } = error
    // It may say what was asked for, and somebody may have put a secret there.
    return { ...reasons[code], status, code, detail: redactText(message), problems, retryAfter }
  }
  if (error instanceof Unavailable) return error.who === 'store' ? storeSilent : sourceSilent
  const status = clientErrorStatus(error)
  return status === undefined ? broken : refusedBy(status)
}

const plain = (answer: Omit<Answer, 'detail' | 'problems'>): Answer => ({
  ...answer,
  detail: answer.cause,
  problems: [],
})

const sourceSilent = plain({ ...reasons.upstream_unavailable, code: 'upstream_unavailable' })

const storeSilent = plain({
  ...reasons.temporarily_unavailable,
  code: 'temporarily_unavailable',
  fix: 'Try again in a moment.',
})

const { failures } = wordsIn('en')

const broken = plain({
  status: 500,
  code: 'server_error',
  ...failures.broken,
})

const refusedBy = (status: number): Answer =>
  plain({
    status,
    code: 'invalid_request',
    ...failures.malformed,
    title: STATUS_CODES[status] ?? failures.malformed.title,
  })

/** Koa and its router refuse malformed requests with errors that carry a status and say whether they may be shown. */
function clientErrorStatus(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('status' in error) || !('expose' in error) || error.expose !== true)
    return undefined
  return typeof error.status === 'number' && error.status >= 400 && error.status < 500 ? error.status : undefined
}

function tell(report: Report, { status, code, detail }: Answer, reference: string, err: unknown): void {
  const reason = isReason(code) ? { reason: code } : { error: code }
  if (!(err instanceof Refusal) && status >= 500) report('request.failed', { reference, status, ...reason, err })
  else report('request.refused', { reference, status, ...reason, detail, ...(status >= 500 && { err }) })
}

const isReason = (code: string): code is ReasonCode => Object.hasOwn(reasons, code)

function send(ctx: Context, answer: Answer, reference: string, problemPage: Needs['problemPage']): void {
  const {
    status,
    code,
    title,
    cause,
    fix,
    detail,
    problems,
    retryAfter = status === 503 ? patience : undefined,
  } = answer
  for (const name of ['ETag', 'Last-Modified', 'Location']) ctx.remove(name)
  ctx.status = status
  ctx.set('Cache-Control', 'no-store')
  if (retryAfter !== undefined) ctx.set('Retry-After', String(retryAfter))

  const isApi = /\/admin\/api(\/|$)/.test(ctx.path)
  if (!isApi && ctx.accepts('html', 'json', 'application/problem+json') === 'html') {
    ctx.type = 'html'
    ctx.body = problemPage(ctx, { status, title, cause, fix, code, reference }).toString()
    return
  }
  ctx.body = JSON.stringify({
    type: `urn:gatehouse:problem:${code}`,
    title,
    status,
    // A Refusal's message is written for administrators, who are the ones that call the admin API.
    detail: isApi ? detail : cause,
    code,
    reference,
    ...(isApi && { fix }),
    ...(problems.length > 0 && { errors: problems }),
  })
  ctx.type = 'application/problem+json'
}
