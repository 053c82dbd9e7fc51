import { type ReasonCode, reasons } from './reasons.ts'

/** One wrong member of an input: where it is, and what was expected. */
export interface Problem {
  readonly path: string
  readonly message: string
}

interface RefusalOptions extends ErrorOptions {
  readonly problems?: readonly Problem[]
  /** Seconds until trying again can help. */
  readonly retryAfter?: number
  /** Of the answer, where a standard wants another than the catalogue's. */
  readonly status?: number
}

/**
 * A *no* that the caller may be told. The code says which; `message` is for the log and for
 * administrators, never for the person at the sign-in page (the catalogue has words for them).
 */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly code: ReasonCode
  readonly problems: readonly Problem[]
  /** Seconds; becomes `Retry-After`. */
  readonly retryAfter: number | undefined
  readonly status: number

  constructor(
    code: ReasonCode,
    message: string = reasons[code].cause,
    { problems = [], retryAfter, status = reasons[code].status, ...options }: RefusalOptions = {},
  ) {
    super(message, options)
    this.code = code
    this.problems = problems
    this.retryAfter = retryAfter
    this.status = status
  }
}

/**
 * *Could not tell*: a store or an upstream did not answer. Becomes 503 with `Retry-After`; never an
 * allow, a logout or a count against anybody.
 */
export class Unavailable extends Error {
  override readonly name = 'Unavailable'
  /** What did not answer: `store`, or a source's alias. */
  readonly who: string

  constructor(who: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.who = who
  }
}

/** What the one who starts the process can mend: the message says it all, and a stack trace would only hide it. */
export class StartProblem extends Error {
  override readonly name: string = 'StartProblem'
}
