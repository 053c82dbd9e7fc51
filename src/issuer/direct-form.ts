import type { IncomingMessage } from 'node:http'

/** Each field once. */
export type PlainForm = ReadonlyMap<string, string>

interface Read {
  readonly bytes: Buffer
  /** `undefined`: there is something in it that others have rules for. */
  readonly form: PlainForm | undefined
}

/** Bytes: a token and what goes with it. */
const longest = 40 * 1024
const formType = /^application\/x-www-form-urlencoded(; *charset=utf-8)?$/i
const uncommon = [
  ...['content-encoding', 'transfer-encoding', 'origin', 'expect'],
  ...['dpop', 'oauth-client-attestation'],
]

/**
 * Reads the body of a request that has nothing uncommon about it: a form of known length, which no page's script has
 * sent, of only these fields, each once and not empty. `undefined`: it is not such a one, and its body
 * has not been read, or never came to its end.
 */
export async function readPlainForm(req: IncomingMessage, fields: ReadonlySet<string>): Promise<Read | undefined> {
  const { headers } = req
  const length = Number(headers['content-length'])
  if (!(length > 0 && length <= longest) || !formType.test(headers['content-type'] ?? '')) return undefined
  if (uncommon.some((name) => headers[name] !== undefined)) return undefined
  const bytes = await readBytes(req)
  // The connection ended before the body did: whoever reads it next will find that out.
  if (bytes.length !== length) return undefined
  return { bytes, form: parse(bytes.toString('latin1'), fields) }
}

function readBytes(req: IncomingMessage): Promise<Buffer> {
  const { promise, resolve } = Promise.withResolvers<Buffer>()
  const chunks: Buffer[] = []
  req.on('data', (chunk: Buffer) => chunks.push(chunk))
  const done = () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks))
  req.once('end', done).once('close', done)
  return promise
}

const escapes = /%(?![0-7][0-9a-f])/i

/** In ASCII, and of ASCII: of anything beyond, bodies.ts knows what may be. */
function parse(text: string, fields: ReadonlySet<string>): PlainForm | undefined {
  if (!/^[\x21-\x7e]+$/.test(text) || escapes.test(text) || /%00/.test(text)) return undefined
  const form = new Map<string, string>()
  // As URLSearchParams does, which looks at each character of a token.
  for (const field of text.split('&')) {
    if (field === '') continue
    const [name = '', value = ''] = split(field)
    if (!fields.has(name) || form.has(name) || value === '') return undefined
    form.set(name, value)
  }
  return form
}

function split(field: string): readonly string[] {
  const equals = field.indexOf('=')
  return equals < 0 ? [] : [decoded(field.slice(0, equals)), decoded(field.slice(equals + 1))]
}

/** Of which every percent sign begins a character of ASCII. */
const decoded = (text: string): string => (/[%+]/.test(text) ? decodeURIComponent(text.replaceAll('+', ' ')) : text)
