/** Ids in fewer characters: there are many of them, and each costs memory for as long as its session. */

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** A UUID in 22 characters instead of 36; anything else behind a `=`, so that no two ids become one. */
export const shortId = (id: string): string =>
  uuid.test(id) ? Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url') : `=${id}`

export function longId(short: string): string {
  if (short.startsWith('=')) return short.slice(1)
  const hex = Buffer.from(short, 'base64url').toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

/** What a session and the grants in it have in common (`newIdWithin`): the first 96 of 128 bits. */
export const stemOf = (id: string): string => (uuid.test(id) ? shortId(id).slice(0, 16) : `=${id.slice(0, 28)}`)

/** What is an id's own, once the stem is known. */
export const tailOf = (id: string): string => id.slice(28)

/**
 * The members that the OpenID provider writes into every code, token and session, by one letter each. The order is
 * what is stored: it may only grow at its end.
 */
const members = [
  ...['iat', 'exp', 'kind', 'uid', 'accountId', 'loginTs', 'authorizations', 'clientId', 'grantId', 'sessionUid'],
  ...['scope', 'authTime', 'acr', 'amr', 'nonce', 'redirectUri', 'codeChallenge', 'codeChallengeMethod', 'resource'],
  ...['claims', 'gty', 'rotations', 'iiat', 'expiresWithSession', 'sid', 'sourceId', 'predecessor', 'rar', 'sealed'],
  ...['state', 'transient', 'dpopJkt', 'request', 'extra'],
]
const letters = new Map(members.map((name, index) => [name, String.fromCharCode(65 + index)]))
const names = new Map([...letters].map(([name, letter]) => [letter, name]))

type Payload = Readonly<Record<string, unknown>>

/** JSON whose usual members have one letter each, and whose UUIDs are short. Other members stand behind a dot. */
export const pack = (payload: Payload): string =>
  JSON.stringify(
    Object.fromEntries(
      Object.entries(payload).map(([name, value]) => [letters.get(name) ?? `.${name}`, packed(value)]),
    ),
  )

export const unpack = (text: string): Payload =>
  Object.fromEntries(
    Object.entries(JSON.parse(text) as Payload).map(([name, value]) => [
      name.startsWith('.') ? name.slice(1) : (names.get(name) ?? name),
      unpacked(value),
    ]),
  )

// A text that begins like a short id itself is told apart by being marked twice.
const packed = (value: unknown): unknown => {
  if (typeof value !== 'string') return value
  if (uuid.test(value)) return `~${shortId(value)}`
  return value.startsWith('~') ? `~${value}` : value
}

const unpacked = (value: unknown): unknown => {
  if (typeof value !== 'string' || !value.startsWith('~')) return value
  return value.startsWith('~~') ? value.slice(1) : longId(value.slice(1))
}
