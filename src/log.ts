import { type Logger, pino } from 'pino'

export type Log = Logger

// Whatever the level and whoever logs: these never reach a sink (SEC-117).
const secrets = [
  'password',
  'client_secret',
  'secret',
  'code',
  'access_token',
  'refresh_token',
  'id_token',
  'token',
  'cookie',
  'authorization',
  'client_assertion',
]

export const createLog = (level: string): Log =>
  pino({
    level,
    base: undefined,
    redact: { paths: secrets.flatMap((name) => [name, `*.${name}`]), censor: '[redacted]' },
  })

export const silent: Log = pino({ level: 'silent' })
