import { type Logger, pino } from 'pino'

export type Log = Logger

// Whatever the level and whoever logs: these never reach a sink (SEC-117).
// (An authorization code stands on top of a line; below an error, `code` is the error's own, such as ENOENT.)
const secrets = [
  'password',
  'client_secret',
  'secret',
  'access_token',
  'refresh_token',
  'id_token',
  'token',
  'cookie',
  'authorization',
  'client_assertion',
]

/** Writes lines of JSON: to the standard output, unless there is another place. */
export const createLog = (level: string, to?: { write(line: string): void }): Log =>
  pino(
    {
      level,
      base: undefined,
      redact: { paths: ['code', ...secrets.flatMap((name) => [name, `*.${name}`])], censor: '[redacted]' },
    },
    to,
  )

export const silent: Log = pino({ level: 'silent' })
