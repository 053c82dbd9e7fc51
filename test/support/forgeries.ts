/** Tokens that nobody should believe, made from one that everybody does. */
import { createHmac, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import type { JWK } from 'jose'

export type Claims = Readonly<Record<string, unknown>>

const encode = (part: Claims | string): string =>
  Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url')

const hashes: Readonly<Record<string, string>> = { 256: 'sha256', 384: 'sha384', 512: 'sha512' }

/** Signs whatever it is given, as the header's algorithm says or as `alg` does. Text parts are taken as they are. */
export function forge(header: Claims | string, payload: Claims | string, key: KeyObject, alg = 'RS256'): string {
  return signParts(encode(header), encode(payload), key, alg)
}

/** The same for parts that are encoded already. */
function signParts(head: string, body: string, key: KeyObject, alg = 'RS256'): string {
  const data = Buffer.from(`${head}.${body}`)
  const padding = alg.startsWith('PS') ? { padding: 6, saltLength: 32 } : {}
  const encoding = alg.startsWith('ES') ? { dsaEncoding: 'ieee-p1363' as const } : {}
  const signature = sign(hashes[alg.slice(2)] ?? 'sha256', data, { key, ...padding, ...encoding })
  return `${head}.${body}.${signature.toString('base64url')}`
}

export const strangerRsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
export const strangerEc = generateKeyPairSync('ec', { namedCurve: 'P-256' })

interface Genuine {
  readonly header: Claims
  readonly payload: Claims
  /** What verifies the genuine token, as everybody can read it, and what signed it. */
  readonly key: JWK
  /** Where an attacker's keys could be fetched. */
  readonly listener: string
}

/** By name: everything that RFC 8725 §2 and §3 warns of. */
export function forgeries({ header, payload, key, listener }: Genuine): Readonly<Record<string, string>> {
  const own = createPrivateKey({ key, format: 'jwk' })
  const verifier = createPublicKey(own)
  const body = encode(payload)
  const hmac = (secret: string | Buffer, alg = 'HS256') => {
    const head = encode({ ...header, alg })
    const digest = createHmac('sha256', secret).update(`${head}.${body}`).digest('base64url')
    return `${head}.${body}.${digest}`
  }
  const theirs = strangerRsa.publicKey.export({ format: 'jwk' })
  const byStranger = (more: Claims) => forge({ ...header, ...more }, payload, strangerRsa.privateKey)
  const genuine = forge(header, payload, own)
  const altered = encode({ ...payload, sub: 'somebody-else' })
  const [head, , signature] = genuine.split('.')
  const none = (alg: unknown) => `${encode({ ...header, alg: alg as string })}.${body}.`

  return {
    'alg none': none('none'),
    'alg None': none('None'),
    'alg none with a signature': `${encode({ ...header, alg: 'none' })}.${body}.${signature}`,
    'no alg': none(undefined),
    'alg that is a list': none(['RS256']),
    'HS256 with the public key as PEM': hmac(String(verifier.export({ format: 'pem', type: 'spki' }))),
    'HS256 with the public key as DER': hmac(verifier.export({ format: 'der', type: 'spki' })),
    'HS256 with the public key as JWK': hmac(JSON.stringify(verifier.export({ format: 'jwk' }))),
    'HS256 with an empty secret': hmac(''),
    'a MAC that says RS256': hmac(String(verifier.export({ format: 'pem', type: 'spki' })), 'RS256'),
    'ES256 by another key': forge({ ...header, alg: 'ES256' }, payload, strangerEc.privateKey, 'ES256'),
    'ES256 over an RSA signature': forge({ ...header, alg: 'ES256' }, payload, own),
    'PS256 by the right key': forge({ ...header, alg: 'PS256' }, payload, own, 'PS256'),
    'RS512 by the right key': forge({ ...header, alg: 'RS512' }, payload, own, 'RS512'),
    'another key under our kid': byStranger({}),
    'another key under its own kid': byStranger({ kid: 'stranger' }),
    'an embedded jwk': byStranger({ jwk: { ...theirs, kid: header.kid } }),
    'an embedded jwk under its own kid': byStranger({ kid: 'stranger', jwk: { ...theirs, kid: 'stranger' } }),
    'a jku': byStranger({ jku: `${listener}/jwks` }),
    'an x5u': byStranger({ x5u: `${listener}/certificate` }),
    'an x5c': byStranger({ x5c: [strangerRsa.publicKey.export({ format: 'der', type: 'spki' }).toString('base64')] }),
    'no signature': `${head}.${body}.`,
    'no signature part': `${head}.${body}`,
    'half a signature': `${head}.${body}.${signature?.slice(0, 100)}`,
    'other claims under the signature': `${head}.${altered}.${signature}`,
    'an unknown crit': forge({ ...header, crit: ['urn:example:only-this'], 'urn:example:only-this': 1 }, payload, own),
    'an empty crit': forge({ ...header, crit: [] }, payload, own),
    'an unencoded payload (b64)': forge({ ...header, crit: ['b64'], b64: false }, payload, own),
    'five parts': `${genuine}.${head}.${body}`,
    'JSON serialization': JSON.stringify({ payload: body, signatures: [{ protected: head, signature }] }),
  }
}

/** Key ids that somebody could hope to be looked up somewhere. */
export const strangeKids: readonly unknown[] = [
  '',
  '../../../../dev/null',
  '/etc/passwd',
  "' OR '1'='1",
  "x' UNION SELECT private_jwk FROM signing_keys --",
  '*',
  '__proto__',
  'constructor',
  'toString',
  '\0',
  '$(id)',
  'http://127.0.0.1/key',
  'x'.repeat(2000),
  'x'.repeat(100_000),
  1,
  null,
  ['x'],
  { $ne: null },
]

/** Spellings that two parsers could read differently. Each is signed by `key`, over just these bytes. */
export function ambiguous(header: Claims, payload: Claims, key: KeyObject): Readonly<Record<string, string>> {
  const [head, body] = [encode(header), encode(payload)]
  const text = JSON.stringify(payload)
  const twice = `{"sub":"somebody-else",${text.slice(1)}`
  const again = `${text.slice(0, -1)},"sub":${JSON.stringify(payload.sub)}}`
  const escaped = `{"s\\u0075b":"somebody-else",${text.slice(1)}`
  const spaced = `{"sub"${' '.repeat(100)}:"somebody-else",${text.slice(1)}`
  const inside = `${text.slice(0, -1)},"x":{"a":1,"a":2}}`
  const deep = `${text.slice(0, -1)},"x":${'['.repeat(5000)}${']'.repeat(5000)}}`
  const spare = (part: string) => {
    // Ends on a character whose last bits mean nothing, and sets them.
    const padded = part.length % 4 === 0 ? encode(`${Buffer.from(part, 'base64url')} `) : part
    const last = padded.at(-1) ?? 'A'
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    return padded.slice(0, -1) + alphabet[alphabet.indexOf(last) + 1]
  }
  const genuine = signParts(head, body, key)
  return {
    'a member twice': signParts(head, encode(twice), key),
    'a member twice with one value': signParts(head, encode(again), key),
    'a member twice, once escaped': signParts(head, encode(escaped), key),
    'a member twice, once far from its colon': signParts(head, encode(spaced), key),
    'a member twice further in': signParts(head, encode(inside), key),
    'a header member twice': signParts(encode(`{"alg":"none",${JSON.stringify(header).slice(1)}`), body, key),
    'five thousand levels': signParts(head, encode(deep), key),
    'a byte order mark': signParts(head, encode(`\ufeff${text}`), key),
    'bytes that are not UTF-8': signParts(
      head,
      Buffer.from(`${text.slice(0, -1)},"x":"\xff"}`, 'latin1').toString('base64url'),
      key,
    ),
    'spare bits in the payload': signParts(head, spare(body), key),
    'spare bits in the header': signParts(spare(head), body, key),
    'padding in the payload': signParts(head, `${body}==`, key),
    'plain base64 in the payload': signParts(
      head,
      Buffer.from(JSON.stringify({ ...payload, filler: 'ÿ~?>'.repeat(9) }))
        .toString('base64')
        .replace(/=+$/, ''),
      key,
    ),
    'spare bits in the signature': `${head}.${body}.${spare(genuine.split('.')[2] ?? '')}`,
    'padding after the signature': `${genuine}==`,
    'a line break': `${genuine.slice(0, 50)}\n${genuine.slice(50)}`,
    'a list': signParts(head, encode('[]'), key),
    'a text': signParts(head, encode('"text"'), key),
    nothing: signParts(head, encode(''), key),
    'too much': signParts(head, encode({ ...payload, filler: 'x'.repeat(40_000) }), key),
  }
}
