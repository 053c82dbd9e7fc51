/** Public keys, and which of them may have signed a token. */
import { createPublicKey, type KeyObject } from 'node:crypto'
import { z } from 'zod'

export interface VerifyingKey {
  readonly kid: string | undefined
  readonly key: KeyObject
  /** Whether it is for signatures of this algorithm. */
  fits(alg: string): boolean
}

const most = 100
/** So many are tried for a token that does not say which; with more of them it must. */
const mostTried = 4

const Jwk = z.looseObject({
  kty: z.string(),
  kid: z.string().optional(),
  alg: z.string().optional(),
  use: z.string().optional(),
  key_ops: z.array(z.string()).optional(),
})
export const Jwks = z.object({ keys: z.array(z.unknown()) })

const secretMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

/** Those given by an administrator: throws when any is no public key. */
export function readJwks({ keys }: { readonly keys: readonly unknown[] }): readonly VerifyingKey[] {
  return keys.map((key) => {
    if (typeof key !== 'object' || key === null || secretMembers.some((name) => name in key))
      throw new Error('Expected public keys')
    return readJwk(key)
  })
}

/** Those that are published: what is no public key of a kind we know is not for us. */
export const readPublished = ({ keys }: z.output<typeof Jwks>): readonly VerifyingKey[] =>
  keys.slice(0, most).flatMap((key) => {
    try {
      return [readJwk(key)]
    } catch {
      return [] // Another kind of key, for others.
    }
  })

/** One or more PEM blocks: public keys or certificates. Throws when there is none, or anything else. */
export function readPem(pem: string): readonly VerifyingKey[] {
  const blocks = pem.match(/-----BEGIN ([A-Z ]+)-----[\s\S]+?-----END \1-----/g) ?? []
  if (blocks.length === 0 || blocks.some((block) => block.includes('PRIVATE'))) throw new Error('Expected public keys')
  return blocks.map((block) => verifyingKey(createPublicKey(block), {}))
}

function readJwk(jwk: unknown): VerifyingKey {
  const { kid, alg, use = 'sig', key_ops: uses = ['verify'], ...rest } = Jwk.parse(jwk)
  const meantForThis = use === 'sig' && uses.includes('verify')
  return verifyingKey(createPublicKey({ key: { ...rest }, format: 'jwk' }), { kid, alg, meantForThis })
}

interface Limits {
  readonly kid?: string | undefined
  readonly alg?: string | undefined
  readonly meantForThis?: boolean
}

function verifyingKey(key: KeyObject, { kid, alg, meantForThis = true }: Limits): VerifyingKey {
  const possible = algorithmsFor(key)
  return { kid, key, fits: (name) => meantForThis && (alg ?? name) === name && possible.includes(name) }
}

const curves: Readonly<Record<string, string>> = { prime256v1: 'ES256', secp384r1: 'ES384', secp521r1: 'ES512' }

function algorithmsFor({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): readonly string[] {
  if (type === 'rsa' && (details?.modulusLength ?? 0) >= 2048)
    return ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']
  if (type === 'ec') return [curves[details?.namedCurve ?? ''] ?? '']
  return type === 'ed25519' ? ['EdDSA'] : []
}

export const fitsAny = (keys: readonly VerifyingKey[], algorithms: readonly string[]): boolean =>
  keys.some((key) => algorithms.some((alg) => key.fits(alg)))

/**
 * The keys that may have signed: the one that the token names, or else those without a name. A token that names none
 * may be of any. Empty: none may, or too many.
 */
export function candidates(keys: readonly VerifyingKey[], alg: string, kid: string | undefined): readonly KeyObject[] {
  const fitting = keys.filter((key) => key.fits(alg))
  const named = kid === undefined ? fitting : fitting.filter((key) => key.kid === kid)
  const possible = named.length > 0 ? named : fitting.filter((key) => key.kid === undefined)
  return possible.length > mostTried ? [] : possible.map(({ key }) => key)
}
