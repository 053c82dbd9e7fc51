/** What never reaches a sink, whatever the level and whoever writes it: logs, spans, events (SEC-117, SEC-118). */

/** Members of bodies, headers, queries and settings that are secrets, in the forms they are written in. */
const secretNames: ReadonlySet<string> = new Set(
  [
    ...['password', 'current_password', 'new_password', 'passphrase', 'generated_password'],
    ...['client_secret', 'secret', 'secrets', 'secret_keys', 'private_key_jwk', 'private_jwk', 'private_key', 'jwk'],
    ...['access_token', 'refresh_token', 'id_token', 'token', 'tokens', 'logout_token', 'id_token_hint', 'assertion'],
    ...['client_assertion', 'subject_token', 'actor_token', 'saml_response', 'saml_request', 'request', 'ticket'],
    ...['state', 'nonce', 'code_verifier', 'device_code', 'user_code', 'csrf', 'xsrf', 'memo', 'verifier'],
    ...['cookie', 'cookies', 'set_cookie', 'authorization', 'proxy_authorization', 'dpop', 'x_api_key', 'api_key'],
    'key',
    ...['database_url', 'redis_url', 'metrics_token', 'x_gatehouse_gateway', 'x_auth_assertion', 'body', 'form'],
  ].map(plain),
)

// An authorization code; below an error, `code` is the error's own, such as ENOENT, and is kept (errorLine).
const isSecret = (name: string): boolean => name === 'code' || secretNames.has(plain(name))

/** `clientSecret`, `client-secret` and `client_secret` are one name. */
function plain(name: string): string {
  return name.replace(/[-_]/g, '').toLowerCase()
}

const censored = '[redacted]'
const deepest = 8

/** The value with every secret member replaced, however deep it lies; errors become {@link errorLine}. */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Error) return errorLine(value)
  if (depth > deepest) return '[too deep]'
  if (Array.isArray(value)) return value.map((item) => redact(item, depth + 1))
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`
  if (value instanceof Date) return value
  if (value instanceof URL) return value.origin + value.pathname
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      isSecret(name) && member !== null && member !== undefined ? censored : redact(member, depth + 1),
    ]),
  )
}

/** Nothing of an error but what we know to be harmless: libraries hang whole requests and answers on theirs. */
export function errorLine(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return { type: typeof error }
  const { name, message, stack } = error
  const code = 'code' in error && /^[\w-]{1,64}$/.test(String(error.code)) ? String(error.code) : undefined
  // Parsers quote what they could not read.
  const quotes = error instanceof SyntaxError
  return {
    type: name,
    message: quotes ? 'not valid' : redactText(message),
    ...(code !== undefined && { code }),
    ...(stack !== undefined && { stack: redactText(quotes ? frames(stack) : stack) }),
    ...(error.cause !== undefined && depth < deepest && { cause: errorLine(error.cause, depth + 1) }),
  }
}

const frames = (stack: string): string =>
  stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .join('\n')

const named =
  'password|passwd|secret|client_secret|code|state|nonce|token|access_token|refresh_token|id_token|id_token_hint|' +
  'logout_token|client_assertion|assertion|code_verifier|api_key|key|SAMLResponse'
const patterns: readonly (readonly [RegExp, string])[] = [
  // JWTs and what looks like the beginning of one
  [/\beyJ[\w-]{8,}(?:\.[\w-]*){0,4}/g, censored],
  // Our own API keys, but for the public name that finds one
  [/\b(gh_\w{12})_\w{8,}/g, `$1_${censored}`],
  [/\b(Bearer|Basic|DPoP)\s+[\w.~+/=-]{8,}/gi, `$1 ${censored}`],
  [/(\b\w[\w+.-]*:\/\/)[^\s/@"'\\]+@/g, `$1${censored}@`],
  [new RegExp(String.raw`([?&;\s{,"']|^)(${named})=[^&\s"'\\]+`, 'gi'), `$1$2=${censored}`],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, censored],
]

/** Text that others wrote, without what can be recognised as a secret in it. */
export const redactText = (text: string): string =>
  patterns.reduce((clean, [pattern, replacement]) => clean.replace(pattern, replacement), text)

// JSON escapes the first 32; these move a cursor, end a line or turn the writing direction as well.
const controls = /[\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g
const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`

/** A line of JSON in which no value can forge another line or colour a terminal. */
export const harmless = (json: string): string => json.replace(controls, escaped)

/** Text for a terminal: lines as they are, and nothing else that a terminal obeys. */
export const printable = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is about
  harmless(text).replace(/[\u0000-\u0009\u000b-\u001f]/g, escaped)

/** An error of ours or a library's, for a terminal. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return printable(redactText(String(error)))
  const text = printable(redactText(error.stack ?? error.message))
  return error.cause === undefined ? text : `${text}\ncaused by ${errorText(error.cause)}`
}
