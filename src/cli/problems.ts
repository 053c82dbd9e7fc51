/** What the command line says no to, and the exit codes that tell scripts which no it was. */
import { Refusal, StartProblem, Unavailable } from '../errors.ts'

export const exitCodes = { done: 0, refused: 1, usage: 2, unavailable: 3 } as const
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** The command itself was not understood. */
export class UsageProblem extends Error {
  override readonly name = 'UsageProblem'
}

/** One thing in a file that cannot be used. */
export interface FileProblem {
  readonly file: string
  /** Counted from 1; absent where it cannot be told. */
  readonly line?: number | undefined
  /** `clients.0.redirect_uris`; empty: the whole file. */
  readonly path: string
  readonly message: string
}

/** Files that cannot be used, with everything that is wrong in them. */
export class FilesProblem extends Error {
  override readonly name = 'FilesProblem'
  readonly problems: readonly FileProblem[]

  constructor(problems: readonly FileProblem[], options?: ErrorOptions) {
    super(problems.map(problemLine).join('\n'), options)
    this.problems = problems
  }
}

/** `gatehouse.yaml:12: clients.0.scope: must be …` */
export const problemLine = ({ file, line, path, message }: FileProblem): string =>
  [line === undefined ? file : `${file}:${line}`, path, message].filter((part) => part !== '').join(': ')

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof UsageProblem) return exitCodes.usage
  return isOutage(error) ? exitCodes.unavailable : exitCodes.refused
}

/** Whether the message was written for whoever runs the command. */
export const isTheirs = (error: unknown): error is Error =>
  [UsageProblem, FilesProblem, Refusal, Unavailable, StartProblem].some((kind) => error instanceof kind) ||
  (error instanceof Error && 'syscall' in error)

function isOutage(error: unknown): boolean {
  if (error instanceof Unavailable) return true
  return error instanceof Error && (('syscall' in error && !isWrongPath(error)) || isOutage(error.cause))
}

/** There is no such file or folder, or another thing in its place: that is told, and asking again helps nobody. */
const isWrongPath = (error: { readonly code?: unknown; readonly syscall?: unknown }): boolean =>
  error.syscall !== 'connect' && ['ENOENT', 'ENOTDIR', 'EISDIR', 'EEXIST'].includes(String(error.code))
