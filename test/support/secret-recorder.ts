/** Notes every secret that goes over the wire between the tests and what they speak to, by the name it goes under. */
export interface Secret {
  readonly kind: string
  readonly value: string
}

export interface SecretRecorder {
  add(kind: string, value: string): string
  secrets(): readonly Secret[]
  /** Bodies of answers that said no. */
  readonly refusals: readonly string[]
  stop(): void
}

const names: ReadonlySet<string> = new Set([
  ...['password', 'code', 'access_token', 'refresh_token', 'id_token', 'token', 'client_secret', 'client_assertion'],
  ...['state', 'nonce', 'code_verifier', 'csrf', 'xsrf', 'id_token_hint', 'logout_token'],
])
/** What is shorter may stand anywhere by chance. */
const shortest = 12

// An address, a reason code, a mask.
const isNone = (value: string): boolean => /^(https?:.*|[a-z_]+|\*+.*)$/.test(value)

/** From now on, of everything that this process fetches. */
export function recordSecrets(): SecretRecorder {
  const found = new Map<string, string>()
  const refusals: string[] = []
  const original = globalThis.fetch

  const add = (kind: string, value: string): string => {
    if (value.length >= shortest && !isNone(value)) found.set(value, kind)
    return value
  }
  const fromParams = (params: URLSearchParams): void => {
    for (const [name, value] of params) if (names.has(name)) add(name, value)
  }
  const fromJson = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    for (const [name, member] of Object.entries(value)) {
      if (typeof member === 'string' && names.has(name)) add(name, member)
      else fromJson(member)
    }
  }
  const fromUrl = (address: string | null): void => {
    const url = address === null ? null : URL.parse(address, 'http://localhost')
    if (url) fromParams(url.searchParams)
  }
  const fromCookie = (pair: string): void => {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(pair.trim()) ?? []
    // The cookies of the sign-in itself say what its address says as well.
    if (/^[\w.~-]{16,}$/.test(value)) add(/interaction|left_from/.test(name) ? 'interaction' : 'cookie', value)
  }

  globalThis.fetch = async (input, init) => {
    const request = new Request(input instanceof Request ? input.clone() : input, init)
    fromUrl(request.url)
    const headers = new Headers(init?.headers)
    const authorization = headers.get('authorization')
    if (authorization) add('authorization', authorization.replace(/^\w+ /, ''))
    for (const pair of headers.get('cookie')?.split(';') ?? []) fromCookie(pair)
    if (init?.body instanceof URLSearchParams) fromParams(init.body)
    else if (typeof init?.body === 'string') fromJson(parsed(init.body))

    const answer = await original(input, init)
    fromUrl(answer.headers.get('location'))
    for (const cookie of answer.headers.getSetCookie()) fromCookie(cookie)
    const text = await answer.clone().text()
    fromJson(parsed(text))
    if (answer.status >= 400) refusals.push(text)
    return answer
  }

  return {
    add,
    secrets: () => [...found].map(([value, kind]) => ({ kind, value })),
    refusals,
    stop() {
      globalThis.fetch = original
    },
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
