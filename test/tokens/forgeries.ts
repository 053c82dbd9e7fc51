/** What looks like an access token of ours and is none: one list for every place that meets tokens. */
import { createHmac, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import type { JWK } from 'jose'
import type { ReasonCode } from '../../src/reasons.ts'

type Json = Readonly<Record<string, unknown>>

export interface Genuine {
  readonly header: Json
  readonly payload: Json
  /** With its private members. */
  readonly key: JWK
}

export interface Forgery {
  readonly name: string
  readonly token: string
  /** Why the one check refuses it. */
  readonly reason: ReasonCode
}

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A JWT with this header and payload, signed as RS256 signs or as `by` does. */
export function compact(header: unknown, payload: unknown, key: KeyObject, hash = 'sha256'): string {
  const signed = `${encode(header)}.${encode(payload)}`
  return `${signed}.${sign(hash, Buffer.from(signed), key).toString('base64url')}`
}

const foreign = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey

export function forgeries({ header, payload, key }: Genuine): readonly Forgery[] {
  const ours = createPrivateKey({ key: key as never, format: 'jwk' })
  const published = createPublicKey(ours)
  const genuine = compact(header, payload, ours)
  const [head = '', body = '', signature = ''] = genuine.split('.')
  const withHeader = (more: Json) => compact({ ...header, ...more }, payload, ours)
  const withPayload = (more: Json) => compact(header, { ...payload, ...more }, ours)
  const without = (name: string) =>
    compact(header, Object.fromEntries(Object.entries(payload).filter(([key]) => key !== name)), ours)
  const keyed = (secret: string | Buffer) => {
    const signed = `${encode({ ...header, alg: 'HS256' })}.${body}`
    return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
  }
  const now = Math.floor(Date.now() / 1000)
  const jwk = createPublicKey(foreign).export({ format: 'jwk' })
  const elsewhere = 'https://attacker.example/keys'

  return [
    { name: 'nothing of a token', token: 'garbage', reason: 'token_malformed' },
    { name: 'two parts', token: `${head}.${body}`, reason: 'token_malformed' },
    { name: 'four parts', token: `${genuine}.${signature}`, reason: 'token_malformed' },
    { name: 'a signature left out', token: `${head}.${body}.`, reason: 'token_malformed' },
    {
      name: 'a header that is no JSON',
      token: `${Buffer.from('{{').toString('base64url')}.${body}.${signature}`,
      reason: 'token_malformed',
    },
    { name: 'a header that is a list', token: compact([header], payload, ours), reason: 'token_malformed' },
    { name: 'a payload that is text', token: compact(header, 'payload', ours), reason: 'token_malformed' },
    { name: '40 KB of it', token: withPayload({ padding: 'x'.repeat(40_000) }), reason: 'token_malformed' },
    { name: 'a signature with padding', token: `${genuine}==`, reason: 'token_malformed' },
    {
      name: 'a signature in the other alphabet',
      token: `${head}.${body}.${signature.slice(0, -1)}+`,
      reason: 'token_malformed',
    },
    { name: 'a signature with spare bits', token: withSpareBits(genuine), reason: 'token_malformed' },
    { name: 'a blank inside', token: genuine.replace('.', ' .'), reason: 'token_malformed' },
    {
      name: 'another payload',
      token: `${head}.${encode({ ...payload, sub: 'somebody' })}.${signature}`,
      reason: 'token_signature',
    },
    { name: 'a wrong key under our kid', token: compact(header, payload, foreign), reason: 'token_signature' },
    {
      name: 'a wrong key under its own kid',
      token: compact({ ...header, kid: 'attacker' }, payload, foreign),
      reason: 'token_key_unknown',
    },
    { name: 'a kid that is a path', token: withHeader({ kid: '../../../../dev/null' }), reason: 'token_key_unknown' },
    { name: 'a kid that is a query', token: withHeader({ kid: "' or 1=1 --" }), reason: 'token_key_unknown' },
    { name: 'a kid of the prototype', token: withHeader({ kid: '__proto__' }), reason: 'token_key_unknown' },
    { name: 'no kid', token: withHeader({ kid: undefined }), reason: 'token_algorithm' },
    { name: 'alg none, unsigned', token: `${encode({ ...header, alg: 'none' })}.${body}.`, reason: 'token_malformed' },
    { name: 'alg none, with a signature', token: withHeader({ alg: 'none' }), reason: 'token_algorithm' },
    { name: 'alg NonE', token: withHeader({ alg: 'NonE' }), reason: 'token_algorithm' },
    {
      name: 'HS256 by the public key in PEM',
      token: keyed(String(published.export({ type: 'spki', format: 'pem' }))),
      reason: 'token_algorithm',
    },
    {
      name: 'HS256 by the public key in DER',
      token: keyed(published.export({ type: 'spki', format: 'der' })),
      reason: 'token_algorithm',
    },
    {
      name: 'RS384 by our key',
      token: compact({ ...header, alg: 'RS384' }, payload, ours, 'sha384'),
      reason: 'token_algorithm',
    },
    {
      name: 'RS256 in name, SHA-512 in fact',
      token: compact(header, payload, ours, 'sha512'),
      reason: 'token_signature',
    },
    {
      name: 'a key of its own in the header',
      token: compact({ ...header, jwk }, payload, foreign),
      reason: 'token_algorithm',
    },
    { name: 'jku', token: compact({ ...header, jku: elsewhere }, payload, foreign), reason: 'token_algorithm' },
    { name: 'jku, by our key', token: withHeader({ jku: elsewhere }), reason: 'token_algorithm' },
    { name: 'x5u', token: withHeader({ x5u: elsewhere }), reason: 'token_algorithm' },
    { name: 'x5c', token: withHeader({ x5c: ['MIIB'] }), reason: 'token_algorithm' },
    { name: 'crit', token: withHeader({ crit: ['exp'], exp: 1 }), reason: 'token_algorithm' },
    { name: 'b64: false', token: withHeader({ b64: false, crit: ['b64'] }), reason: 'token_algorithm' },
    { name: 'another issuer', token: withPayload({ iss: 'https://elsewhere.example' }), reason: 'token_issuer' },
    { name: 'the issuer with a slash', token: withPayload({ iss: `${payload.iss}/` }), reason: 'token_issuer' },
    { name: 'the kind of an ID token', token: withPayload({ typ: 'ID' }), reason: 'token_type' },
    {
      name: 'no kind',
      token: compact({ ...header, typ: 'JWT' }, { ...payload, typ: undefined }, ours),
      reason: 'token_type',
    },
    { name: 'another kind in the header', token: withHeader({ typ: 'logout+jwt' }), reason: 'token_type' },
    {
      name: 'the other profile in the header',
      token: compact({ ...header, typ: 'at+jwt' }, { ...payload, typ: 'Bearer' }, ours),
      reason: 'token_type',
    },
    {
      name: 'several audiences',
      token: withPayload({ aud: [payload.aud, 'https://elsewhere.example'] }),
      reason: 'token_type',
    },
    { name: 'no audience', token: without('aud'), reason: 'token_type' },
    { name: 'no exp', token: without('exp'), reason: 'token_type' },
    { name: 'an exp that is text', token: withPayload({ exp: '9999999999' }), reason: 'token_type' },
    { name: 'an exp in the past', token: withPayload({ iat: now - 600, exp: now - 1 }), reason: 'token_expired' },
    { name: 'an exp right now', token: withPayload({ exp: now }), reason: 'token_expired' },
    {
      name: 'an iat in the future',
      token: withPayload({ iat: now + 60, exp: now + 300 }),
      reason: 'token_not_yet_valid',
    },
    { name: 'an nbf in the future', token: withPayload({ nbf: now + 60 }), reason: 'token_not_yet_valid' },
    { name: 'no jti', token: without('jti'), reason: 'token_type' },
    { name: 'no subject', token: without('sub'), reason: 'token_type' },
    {
      name: 'no client',
      token: compact(header, { ...payload, azp: undefined, client_id: undefined }, ours),
      reason: 'token_malformed',
    },
  ]
}

/** The same signature bytes in another spelling: the last character carries bits that count for nothing. */
function withSpareBits(token: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const last = alphabet.indexOf(token.at(-1) ?? '')
  return `${token.slice(0, -1)}${alphabet[last + 1]}`
}
