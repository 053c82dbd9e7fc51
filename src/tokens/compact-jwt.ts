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
    return isUnambiguous(text) ? (value as Readonly<Record<string, unknown>>) : undefined
  } catch {
    return undefined // Not JSON, or not UTF-8: no JWT.
  }
}

const string = /"(?:[^"\\]|\\.)*"/y
const colon = /\s*:/y

/** Whether no object in this JSON, known to be well-formed, has a member twice, and none lies too deep. */
function isUnambiguous(json: string): boolean {
  const open: (Set<string> | undefined)[] = []
  for (let at = 0; at < json.length; at += 1) {
    const character = json[at]
    if (character === '{' || character === '[') {
      if (open.push(character === '{' ? new Set() : undefined) > deepest) return false
    } else if (character === '}' || character === ']') open.pop()
    else if (character === '"') {
      string.lastIndex = at
      const [text = ''] = string.exec(json) ?? []
      colon.lastIndex = at + text.length
      at += text.length - 1
      const members = open.at(-1)
      if (!members || !colon.test(json)) continue
      const name: unknown = JSON.parse(text)
      if (typeof name !== 'string' || members.has(name)) return false
      members.add(name)
    }
  }
  return true
}
