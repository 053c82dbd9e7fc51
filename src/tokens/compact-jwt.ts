/**
 * Taking a JWT (RFC 7519, compact serialization) apart, in the one spelling it can have. Two parsers that read
 * different things out of the same bytes are how forgeries pass (RFC 8725 §2.4), so what is ambiguous is nothing:
 * base64url with spare bits or padding, bytes that are not UTF-8, a member that comes twice, endless nesting.
 */
export interface CompactJwt {
  readonly header: Readonly<Record<string, unknown>>
  readonly payload: Readonly<Record<string, unknown>>
  readonly signature: Buffer
  /** What the signature is over. */
  readonly signed: string
}

const headers = new Map<string, CompactJwt['header']>()
const mostKept = 200
const longestKept = 512

// No token of ours is longer (tokens.max_bytes is far below), and nobody makes us decode more.
export const longest = 32 * 1024
const deepest = 20

/** Checks no signature. `undefined`: not a signed JWT, or not in its one spelling. */
export function parseCompactJwt(compact: string): CompactJwt | undefined {
  // Whoever asks whose it is hands it on to who looks closer.
  if (last.compact !== compact) last = { compact, jwt: parse(compact) }
  return last.jwt
}

let last: { readonly compact: string; readonly jwt: CompactJwt | undefined } = { compact: '', jwt: undefined }

function parse(compact: string): CompactJwt | undefined {
  if (compact.length > longest) return undefined
  const [head, body, tail, ...rest] = compact.split('.')
  if (!head || !body || !tail || rest.length > 0) return undefined
  const header = headers.get(head) ?? parseObject(head)
  // One key signs thousands of tokens, with the same header.
  if (header && !headers.has(head) && head.length <= longestKept) headers.set(head, header)
  if (headers.size > mostKept) headers.clear()
  const payload = header && parseObject(body)
  const signature = bytesOf(tail)
  return header && payload && signature && { header, payload, signature, signed: `${head}.${body}` }
}

function bytesOf(part: string): Buffer | undefined {
  const bytes = Buffer.from(part, 'base64url')
  return bytes.toString('base64url') === part ? bytes : undefined
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function parseObject(part: string): Readonly<Record<string, unknown>> | undefined {
  const bytes = bytesOf(part)
  if (!bytes) return undefined
  try {
    const text = utf8.decode(bytes)
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    return isUnambiguous(text, value) ? (value as Readonly<Record<string, unknown>>) : undefined
  } catch {
    return undefined // Not JSON, or not UTF-8: no JWT.
  }
}

/** Whether no object in this JSON has a member twice, and none lies too deep; `value` is what was read out of it. */
function isUnambiguous(json: string, value: object): boolean {
  const members = membersOf(value)
  // Of two with one name, however they are written, only one is in what was read.
  return members !== undefined && members === namesIn(json)
}

/** How many members there are in all objects; `undefined`: they lie too deep. */
function membersOf(value: object, depth = 1): number | undefined {
  if (depth > deepest) return undefined
  let count = 0
  const isList = Array.isArray(value)
  for (const inner of Object.values(value)) {
    if (!isList) count += 1
    if (typeof inner !== 'object' || inner === null) continue
    const further = membersOf(inner, depth + 1)
    if (further === undefined) return undefined
    count += further
  }
  return count
}

const colon = 0x3a
const backslash = 0x5c

/** How many strings are followed by a colon, in JSON that is known to be well-formed. */
function namesIn(json: string): number {
  let count = 0
  for (let at = json.indexOf('"'); at >= 0; at = json.indexOf('"', at)) {
    at = endOfString(json, at) + 1
    while (isSpace(json.charCodeAt(at))) at += 1
    if (json.charCodeAt(at) === colon) count += 1
  }
  return count
}

/** Of the one that begins at `from`: where its last quote is. */
function endOfString(json: string, from: number): number {
  let at = json.indexOf('"', from + 1)
  while (isEscaped(json, at)) at = json.indexOf('"', at + 1)
  return at
}

/** By an odd number of backslashes. */
function isEscaped(json: string, at: number): boolean {
  let before = at - 1
  while (json.charCodeAt(before) === backslash) before -= 1
  return (at - before) % 2 === 0
}

const isSpace = (code: number): boolean => code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09
