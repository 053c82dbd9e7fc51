/**
 * A session and the grants in it are one Redis hash, so that they end together, whatever else happens, and one script
 * can see both. Its fields are short, and their values mostly under 64 bytes: then Redis packs the hash tightly.
 *
 * | field | value |
 * | --- | --- |
 * | `d` | the last 8 characters of the session's id; the key has the others |
 * | `a`, `u` | account and subject |
 * | `o`, `c` | the source it began with; the source of now, when that is another |
 * | `n` | what the upstream calls it; empty: it did not say. Absent: there is no upstream session |
 * | `b`, `i`, `e` | milliseconds: when it began, when it ends unless it is used, when it ends whatever happens |
 * | `v` | what the browser told of itself; empty: nothing |
 * | `g` + client | that client's grant: JSON of own part of its id, scopes, end, resources, claims |
 * | `s` + client | the source of that grant, when it is not `o` |
 */
import { packDevice, unpackDevice } from '../../sessions/device.ts'
import type { BrokerSession, Grant } from '../../sessions/session.ts'
import { longId, packScopes, shortId, tailOf, unpackScopes } from './compact.ts'

export type Fields = ReadonlyMap<string, string>
export type SessionGrant = Grant & { readonly sessionId: string }

export function toSession(id: string, fields: Fields, idToken: string | undefined): BrokerSession {
  const sid = fields.get('n')
  const device = fields.get('v')
  return {
    id,
    accountId: longId(fields.get('a') ?? ''),
    sourceId: sourceOf(fields),
    subject: fields.get('u') ?? '',
    upstream: sid === undefined ? null : { ...(sid !== '' && { sid }), ...(idToken !== undefined && { idToken }) },
    ...(device && { device: unpackDevice(device) }),
    startedAt: Number(fields.get('b')),
    idleUntil: Number(fields.get('i')),
    expiresAt: Number(fields.get('e')),
  }
}

export const isAlive = (fields: Fields, now: number): boolean => Number(fields.get('i') ?? 0) > now

const sourceOf = (fields: Fields): string => longId(fields.get('c') ?? fields.get('o') ?? '')

/** Whether the hash is this session's, and not merely one whose id begins alike. */
export const isOf = (id: string, fields: Fields): boolean => fields.get('d') === tailOf(id)

export const grantField = (clientId: string): string => `g${shortId(clientId)}`
export const grantSourceField = (clientId: string): string => `s${shortId(clientId)}`

type Packed = readonly [
  tail: string,
  scopes: string,
  expiresAt: string,
  /** By name, empty for the usual one; 0: the same scopes as of the grant itself. */
  resources?: Readonly<Record<string, string | 0>>,
  claims?: readonly string[],
]

/** Of nearly every grant, and of no characters. */
const usualResource = 'urn:gatehouse:client'

export function packGrant({ id, scopes, expiresAt, claims, resources }: Grant): string {
  const own = packScopes(scopes)
  const packed: Packed = [
    tailOf(id),
    own,
    expiresAt.toString(36),
    Object.fromEntries(
      Object.entries(resources).map(([name, list]) => {
        const scopesThere = packScopes(list)
        return [name === usualResource ? '' : name, scopesThere === own ? 0 : scopesThere]
      }),
    ),
    claims,
  ]
  const needed = claims.length > 0 ? 5 : Object.keys(resources).length > 0 ? 4 : 3
  return JSON.stringify(packed.slice(0, needed))
}

/** `whose`: the session it is in, and the account and source of it. */
export function unpackGrant(
  text: string,
  whose: Pick<SessionGrant, 'sessionId' | 'clientId' | 'accountId' | 'sourceId'>,
): SessionGrant {
  const [tail, scopes, expiresAt, resources = {}, claims = []] = JSON.parse(text) as Packed
  return {
    id: whose.sessionId.slice(0, 28) + tail,
    ...whose,
    scopes: unpackScopes(scopes),
    claims,
    resources: Object.fromEntries(
      Object.entries(resources).map(([name, list]) => [
        name === '' ? usualResource : name,
        unpackScopes(list === 0 ? scopes : list),
      ]),
    ),
    expiresAt: Number.parseInt(expiresAt, 36),
  }
}

/** Those that have not come to their own end, by client. */
export function grantsIn(stem: string, fields: Fields, now: number): readonly SessionGrant[] {
  const sessionId = stem.slice(0, 28) + (fields.get('d') ?? '')
  return [...fields]
    .filter(([name]) => name.startsWith('g'))
    .map(([name, text]) => {
      const clientId = longId(name.slice(1))
      const source = fields.get(grantSourceField(clientId)) ?? fields.get('o') ?? ''
      const accountId = longId(fields.get('a') ?? '')
      return unpackGrant(text, { sessionId, clientId, accountId, sourceId: longId(source) })
    })
    .filter(({ expiresAt }) => expiresAt > now)
    .toSorted((a, b) => (a.clientId < b.clientId ? -1 : 1))
}

export const toFields = (session: BrokerSession): Readonly<Record<string, string | number>> => ({
  a: shortId(session.accountId),
  d: tailOf(session.id),
  u: session.subject,
  ...(session.upstream && { n: session.upstream.sid ?? '' }),
  // Beyond 64 bytes Redis would keep the whole hash in another, larger form.
  v: session.device ? packDevice(session.device).slice(0, 64) : '',
  b: session.startedAt,
  i: Math.min(session.idleUntil, session.expiresAt),
  e: session.expiresAt,
})
