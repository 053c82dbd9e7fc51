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
 * What the OpenID provider writes into nearly every code, token and session has one character each: names of members,
 * values, scopes. The order is what is stored, so these lists may only grow at their ends.
 */
const members = lettered([
  ...['iat', 'exp', 'kind', 'uid', 'accountId', 'loginTs', 'authorizations', 'clientId', 'grantId', 'sessionUid'],
  ...['scope', 'authTime', 'acr', 'amr', 'nonce', 'redirectUri', 'codeChallenge', 'codeChallengeMethod', 'resource'],
  ...['claims', 'gty', 'rotations', 'iiat', 'expiresWithSession', 'sid', 'sourceId', 'predecessor', 'sealed'],
])
const values = lettered([
  ...['Session', 'AuthorizationCode', 'RefreshToken', 'authorization_code', 'urn:gatehouse:client', 'S256'],
])
const scopes = lettered(['openid', 'profile', 'email', 'groups', 'roles', 'address', 'offline_access'])

function lettered(words: readonly string[]) {
  const pairs = words.map((word, index) => [word, String.fromCharCode(65 + index)] as const)
  return { letter: new Map(pairs), word: new Map(pairs.map(([word, letter]) => [letter, word])) }
}

type Payload = Readonly<Record<string, unknown>>

/** JSON whose usual members have one letter each, and whose UUIDs are short. Other members stand behind a dot. */
export function pack(payload: Payload, kind: string): string {
  // Nearly always its kind is the one that its key tells.
  const { kind: own = 0, ...rest } = payload
  const entries = Object.entries(own === kind ? rest : { ...rest, kind: own })
  return JSON.stringify(
    Object.fromEntries(entries.map(([name, value]) => [members.letter.get(name) ?? `.${name}`, packed(value, name)])),
  )
}

export function unpack(text: string, kind: string): Payload {
  const { kind: own = kind, ...rest } = Object.fromEntries(
    Object.entries(JSON.parse(text) as Payload).map(([letter, value]) => {
      const name = letter.startsWith('.') ? letter.slice(1) : (members.word.get(letter) ?? letter)
      return [name, unpacked(value, name)]
    }),
  )
  return own === 0 ? rest : { ...rest, kind: own }
}

// What stands behind a tilde is short for something. A text that begins with one itself has another before it.
const packed = (value: unknown, name: string): unknown => {
  if (typeof value !== 'string') return value
  if (uuid.test(value)) return `~${shortId(value)}`
  const letter = values.letter.get(value)
  if (letter !== undefined) return `~${letter}`
  if (name === 'scope') {
    const short = packScopes(value.split(' '))
    if (unpackScopes(short).join(' ') === value) return `~:${short}`
  }
  return value.startsWith('~') ? `~${value}` : value
}

const unpacked = (value: unknown, name: string): unknown => {
  if (typeof value !== 'string' || !value.startsWith('~')) return value
  if (value.startsWith('~~')) return value.slice(1)
  if (name === 'scope' && value.startsWith('~:')) return unpackScopes(value.slice(2)).join(' ')
  return value.length === 2 ? values.word.get(value.slice(1)) : longId(value.slice(1))
}

/** Letters for the usual scopes, then the others as they are: `ABC read write`. */
export function packScopes(list: readonly string[]): string {
  const usual = list.flatMap((scope) => scopes.letter.get(scope) ?? [])
  return [usual.join(''), ...list.filter((scope) => !scopes.letter.has(scope))].join(' ')
}

export function unpackScopes(text: string): readonly string[] {
  const [letters = '', ...others] = text.split(' ')
  return [...[...letters].flatMap((letter) => scopes.word.get(letter) ?? []), ...others]
}
