/** What PostgreSQL's error codes mean to us (https://www.postgresql.org/docs/current/errcodes-appendix.html). */
import { DatabaseError } from 'pg'
import { Refusal, StartProblem, Unavailable } from '../../errors.ts'
import { Violation } from './violation.ts'

const uniqueViolation = '23505'
const foreignKeyViolation = '23503'
/** Serialization failure and deadlock: the server gave up one of several so that the others could go on. */
const sacrificed = ['40001', '40P01']

/** By class: lost connection, rollback, out of resources, stopped by somebody, outside the server, its own fault. */
const unavailableClasses = ['08', '40', '53', '57', '58', 'XX']
/** Refused log-in, unknown database, read-only standby, transaction that lasted too long, lock that never came. */
const unavailableCodes = ['28000', '28P01', '3D000', '25006', '25P03', '55P03']
/** After these the connection leads nowhere: the server ended it, or it is no longer the one to write to. */
const endsConnection = ['08', '57P', '25006', '25P03', '53300', '28', '3D']

/** What an operator can put right: rights, the password, a database or schema that is not there, what a proxy refuses. */
const setupCodes = ['28000', '28P01', '3D000', '3F000', '42501', '08P01']

const codeOf = (error: unknown): string | undefined => (error instanceof DatabaseError ? error.code : undefined)

const startsWith = (code: string | undefined, beginnings: readonly string[]): boolean =>
  code !== undefined && beginnings.some((beginning) => code.startsWith(beginning))

/** Nothing of the statement was done, so that it can be tried again where nothing else was. */
export const wasSacrificed = (error: unknown): boolean => sacrificed.includes(codeOf(error) ?? '')

export const endedConnection = (error: unknown): boolean =>
  error instanceof DatabaseError ? startsWith(error.code, endsConnection) : error instanceof Error

/** A violated constraint, `Unavailable`, or the error itself where the fault is in our own statement. */
export function translated(error: unknown): unknown {
  const code = codeOf(error)
  if (error instanceof DatabaseError) {
    if (code === uniqueViolation) return new Violation('unique', error.constraint ?? '', { cause: error })
    if (code === foreignKeyViolation) return new Violation('reference', error.constraint ?? '', { cause: error })
    if (!startsWith(code, unavailableClasses) && !unavailableCodes.includes(code ?? '')) return error
  } else if (!isOfConnection(error)) {
    return error
  }
  return new Unavailable('store', `The database does not answer: ${(error as Error).message}`, { cause: error })
}

/** For whoever starts the process: in words what they can mend, and otherwise the error. */
export function asStartProblem(error: unknown): unknown {
  const cause = error instanceof Unavailable ? error.cause : error
  return startsWith(codeOf(cause), setupCodes)
    ? new StartProblem(`database_url: PostgreSQL refuses to be used: ${(cause as Error).message}`, { cause })
    : error
}

// The driver reports a connection that fails with plain errors and those of sockets and TLS; mistakes of our own have
// classes of their own.
const isOfConnection = (error: unknown): boolean =>
  error instanceof Error &&
  !(error instanceof Refusal) &&
  (error.constructor === Error || 'syscall' in error || 'code' in error)
