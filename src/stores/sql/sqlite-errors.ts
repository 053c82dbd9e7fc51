/** What SQLite's result codes mean to us (https://sqlite.org/rescode.html). */
import { Unavailable } from '../../errors.ts'
import { Violation } from './violation.ts'

const primary = { error: 1, busy: 5, locked: 6, constraint: 19, mismatch: 20, misuse: 21, range: 25 }
const unique = [1555, 2067, 2579]
const reference = [787, 1811]

interface SqliteError extends Error {
  readonly code: string
  readonly errcode: number
}

const isSqliteError = (error: unknown): error is SqliteError =>
  error instanceof Error && 'code' in error && error.code === 'ERR_SQLITE_ERROR' && 'errcode' in error

const primaryCode = ({ errcode }: SqliteError): number => errcode & 0xff

export const isBusy = (error: unknown): boolean =>
  isSqliteError(error) && [primary.busy, primary.locked].includes(primaryCode(error))

/** A violated constraint, `Unavailable`, or the error itself where the fault is in our own statement. */
export function translated(error: unknown): unknown {
  if (!isSqliteError(error)) return error
  if (unique.includes(error.errcode)) return new Violation('unique', error.message, { cause: error })
  if (reference.includes(error.errcode)) return new Violation('reference', error.message, { cause: error })
  const ours = [primary.error, primary.constraint, primary.mismatch, primary.misuse, primary.range]
  if (ours.includes(primaryCode(error))) return error
  return new Unavailable('store', `The database does not answer: ${error.message}`, { cause: error })
}
