/** What gateways ask thousands of times a second: requests that can be written down before anything is measured. */
import { createHash } from 'node:crypto'
import type { Load } from './load.ts'

/** Somebody who can be asked. */
export type Who = 'ours' | 'bare' | 'haproxy'

/** What there is to ask with. */
export interface Evidence {
  readonly host: string
  readonly key: string
  /** Of a person, whose session and account are asked after. */
  readonly token: string
  /**
   * More machines' tokens than are remembered as genuine, so that each is a stranger again when its turn comes: signed by
   * who is asked, and by another process of the same broker.
   */
  readonly strangers: { readonly own: readonly string[]; readonly others: readonly string[] }
  /** Of machines, to be introspected: a JWT of ours, and bare's, which is opaque. */
  readonly introspected: { readonly ours: string; readonly bare: string }
  /** `Basic …` of who introspects. */
  readonly asking: { readonly ours: string; readonly bare: string }
}

export interface Call {
  /** Whose cost is divided by ours; or another call at ours. */
  readonly beside: 'bare' | 'haproxy' | { readonly call: string }
  readonly aim?: number
  /** Whether its latency is measured, too. */
  readonly paced?: boolean
  /** The same question, as each of them takes it. */
  requests(who: Who, evidence: Evidence): Pick<Load, 'requests' | 'expected'>
}

const text = (lines: readonly string[], body = ''): string => `${lines.join('\r\n')}\r\n\r\n${body}`

function verification(
  { host }: Evidence,
  who: Who,
  tokens: readonly string[],
  more: { readonly key?: string; readonly status?: number } = {},
) {
  const requests = tokens.map((token) => {
    const authorization = `Authorization: Bearer ${token}`
    if (who === 'haproxy') return text(['GET /patients/7 HTTP/1.1', `Host: ${host}`, authorization])
    const asked = ['X-Forwarded-Method: GET', `X-Forwarded-Host: ${host}`, 'X-Forwarded-Uri: /patients/7']
    const key = more.key === undefined ? [] : [`X-API-Key: ${more.key}`]
    return text(['GET /verify/forwarded HTTP/1.1', 'Host: gatehouse', ...asked, authorization, ...key])
  })
  return { requests, expected: `HTTP/1.1 ${who === 'haproxy' ? 204 : (more.status ?? 200)}` }
}

function introspection(path: string, authorization: string, token: string) {
  const body = new URLSearchParams({ token, token_type_hint: 'access_token' }).toString()
  const type = 'Content-Type: application/x-www-form-urlencoded'
  const lines = [`POST ${path} HTTP/1.1`, 'Host: gatehouse', `Authorization: ${authorization}`, type]
  return { requests: [text([...lines, `Content-Length: ${body.length}`], body)], expected: 'HTTP/1.1 200' }
}

/** 43 characters, always the same ones. */
const chanceOf = (index: number) => createHash('sha256').update(String(index)).digest('base64url')

/** Each another one: what is remembered of one says nothing of the next. */
const each = (tokens: readonly string[], make: (token: string, chance: string) => string) =>
  tokens.map((token, index) => make(token, chanceOf(index)))

const forged = (token: string, chance: string) => `${token.slice(0, -60)}${chance}${token.slice(-17)}`

const changed = (part: string | undefined, change: object): string => {
  const members: object = JSON.parse(Buffer.from(part ?? '', 'base64url').toString())
  return Buffer.from(JSON.stringify({ ...members, ...change })).toString('base64url')
}

/** Refused with 401, and each another token; measured beside those that they were made of, which are good and as new. */
const invalid = (make: (token: string, chance: string) => string, of: 'own' | 'others' = 'own'): Call => ({
  beside: { call: of === 'own' ? 'verify at first sight' : 'verify at first sight: signed elsewhere' },
  aim: 1,
  requests: (who, evidence) => verification(evidence, who, each(evidence.strangers[of], make), { status: 401 }),
})

export const calls: Readonly<Record<string, Call>> = {
  introspection: {
    beside: 'bare',
    aim: 3,
    paced: true,
    requests: (who, { asking, introspected }) =>
      who === 'bare'
        ? introspection('/token/introspection', asking.bare, introspected.bare)
        : introspection('/introspect', asking.ours, introspected.ours),
  },

  verify: {
    beside: 'haproxy',
    aim: 0.9,
    paced: true,
    requests: (who, evidence) => verification(evidence, who, [evidence.token]),
  },

  'verify with a key': {
    beside: 'haproxy',
    requests: (who, evidence) => verification(evidence, who, [evidence.token], { key: evidence.key }),
  },

  'verify at first sight': {
    beside: 'haproxy',
    aim: 0.5,
    requests: (who, evidence) => verification(evidence, who, evidence.strangers.own),
  },

  'verify at first sight: signed elsewhere': {
    beside: 'haproxy',
    aim: 0.5,
    requests: (who, evidence) => verification(evidence, who, evidence.strangers.others),
  },

  'verify: bad signature': invalid(forged),

  'verify: bad signature: signed elsewhere': invalid(forged, 'others'),

  'verify: bad signature again': {
    beside: { call: 'verify' },
    aim: 1,
    requests: (who, evidence) => verification(evidence, who, [forged(evidence.token, chanceOf(0))], { status: 401 }),
  },

  // Whether anybody signed it is not looked at any more.
  'verify: expired': invalid((token, jti) => {
    const [head, body, tail] = token.split('.')
    return `${head}.${changed(body, { jti, exp: Math.floor(Date.now() / 1000) - 60 })}.${tail}`
  }),

  // Another node may have made it a moment ago: each has to be looked up in the registry.
  'verify: unknown kid': invalid((token, chance) => {
    const [head, body, tail] = token.split('.')
    return `${changed(head, { kid: chance })}.${body}.${tail}`
  }),

  'verify: garbage': invalid((_, chance) => chance),
}
