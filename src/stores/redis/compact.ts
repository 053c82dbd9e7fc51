/** Ids in fewer characters: there are many of them, and each costs memory for as long as its session. */
import { createRecent } from '../../recent.ts'

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

// Each check of a token asks for seven of them, mostly the same ones again.
const shortened = createRecent<string>(20_000)

/** A UUID in 22 characters instead of 36; anything else behind a `=`, so that no two ids become one. */
export function shortId(id: string): string {
  const known = shortened.get(id)
  if (known !== undefined) return known
  const short = uuid.test(id) ? Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url') : `=${id}`
  shortened.keep(id, short)
  return short
}

export function longId(short: string): string {
  if (short.startsWith('=')) return short.slice(1)
  const hex = Buffer.from(short, 'base64url').toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

/** What a session and the grants in it have in common (`newIdWithin`): the first 96 of 128 bits. */
export function stemOf(id: string): string {
  const short = shortId(id)
  return short.startsWith('=') ? short.slice(0, 29) : short.slice(0, 16)
}

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
  'authorization_code refresh_token',
])
const scopes = lettered(['openid', 'profile', 'email', 'groups', 'roles', 'address', 'offline_access'])

function lettered(words: readonly string[]) {
  const pairs = words.map((word, index) => [word, String.fromCharCode(65 + index)] as const)
  return { letter: new Map(pairs), word: new Map(pairs.map(([word, letter]) => [letter, word])) }
}

type Payload = Readonly<Record<string, unknown>>

/**
 * JSON whose usual members have one letter each, and whose UUIDs are short. Other members stand behind a dot. What nearly
 * every payload has is in front, in one text without names (see {@link headOf}); before there was one, all had letters.
 */
export function pack(payload: Payload, kind: string): string {
  // Nearly always its kind is the one that its key tells.
  const { kind: own = 0, ...rest } = payload
  const { head, left } = headOf(own === kind ? rest : { ...rest, kind: own }, kind)
  const lettered = Object.entries(left).map(([name, value]) => [
    members.letter.get(name) ?? `.${name}`,
    packed(value, name),
  ])
  return JSON.stringify({ [headKey]: head, ...Object.fromEntries(lettered) })
}

export function unpack(text: string, kind: string): Payload {
  const { [headKey]: head, ...lettered } = JSON.parse(text) as Payload
  const left = Object.entries(lettered).map(([letter, value]) => {
    const name = letter.startsWith('.') ? letter.slice(1) : (members.word.get(letter) ?? letter)
    return [name, unpacked(value, name)] as const
  })
  const { kind: own = kind, ...rest } = {
    ...(typeof head === 'string' && fromHead(head, kind)),
    ...Object.fromEntries(left),
  }
  return own === 0 ? rest : { ...rest, kind: own }
}

/** No letter, and never one. */
const headKey = '0'
const ids = ['accountId', 'clientId', 'grantId', 'sourceId'] as const
const uids = ['sessionUid', 'uid'] as const
/** Seconds, each as its distance from the one before it. */
const times = ['iat', 'exp', 'authTime', 'iiat', 'loginTs'] as const
/** What is not said is so. Nothing may be changed here: it is what is stored. */
const understood: Readonly<Record<string, Payload>> = {
  RefreshToken: {
    ...{
      acr: '1',
      expiresWithSession: true,
      gty: 'authorization_code',
      resource: 'urn:gatehouse:client',
      rotations: 0,
    },
  },
}

/** `<UUIDs, a dot for none> <uid> <times, with commas between> <letters of what is usual and is not there>`. */
function headOf(payload: Payload, kind: string): { readonly head: string; readonly left: Payload } {
  const left: Record<string, unknown> = { ...payload }
  const take = <T>(name: string, is: (value: unknown) => value is T): T | undefined => {
    const value = left[name]
    if (!is(value)) return undefined
    delete left[name]
    return value
  }
  const named = ids.map((name) => take(name, isUuid)).map((id) => (id === undefined ? '.' : shortId(id)))
  const known = uids.map((name) => take(name, isPlain) ?? '')
  let before = 0
  const moments = times.map((name) => {
    const time = take(name, isTime)
    if (time === undefined) return ''
    const distance = (time - before).toString(36)
    before = time
    return distance
  })
  const absent = Object.entries(understood[kind] ?? {}).flatMap(([name, value]) => {
    if (left[name] === value) delete left[name]
    else if (!(name in left)) return [members.letter.get(name) ?? '']
    return []
  })
  const parts = [named.join(''), known.join(','), moments.join(','), absent.join('')]
  return { head: parts.join(' ').trimEnd(), left }
}

function fromHead(head: string, kind: string): Payload {
  const [named = '', known = '', moments = '', absent = ''] = head.split(' ')
  const texts = named.match(/\.|.{22}/g) ?? []
  const found: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(understood[kind] ?? {}))
    if (!absent.includes(members.letter.get(name) ?? '')) found[name] = value
  for (const [index, name] of ids.entries()) {
    const text = texts[index]
    if (text !== undefined && text !== '.') found[name] = longId(text)
  }
  for (const [index, uid] of known.split(',').entries()) if (uid !== '') found[uids[index] ?? ''] = uid
  let before = 0
  for (const [index, distance] of moments.split(',').entries()) {
    if (distance === '') continue
    before += Number.parseInt(distance, 36)
    found[times[index] ?? ''] = before
  }
  return found
}

const isUuid = (value: unknown): value is string => typeof value === 'string' && uuid.test(value)
const isPlain = (value: unknown): value is string => typeof value === 'string' && /^[\w-]+$/.test(value)
const isTime = (value: unknown): value is number => Number.isSafeInteger(value)

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
