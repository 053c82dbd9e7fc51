/** The key by which the broker proves to the provider who it is (`private_key_jwt`, RFC 7523). */
import { createPrivateKey } from 'node:crypto'
import { importJWK } from 'jose'
import * as oidc from 'openid-client'
import { z } from 'zod'
import { SourceProblem } from '../../connector.ts'
import { type Algorithm, algorithms } from './algorithms.ts'

export const PrivateKey = z
  .looseObject({
    kty: z.enum(['RSA', 'EC', 'OKP']),
    kid: z.string().min(1).max(255).optional(),
    alg: z.enum(algorithms).optional(),
  })
  .check(({ value, issues }) => {
    const message = problemOf(value)
    if (message) issues.push({ code: 'custom', message, input: undefined })
  })

type Jwk = Readonly<Record<string, unknown>> & { readonly kty: string; readonly alg?: Algorithm | undefined }

function problemOf(jwk: Jwk): string | undefined {
  try {
    const { asymmetricKeyType, asymmetricKeyDetails } = createPrivateKey({ key: { ...jwk }, format: 'jwk' })
    if (asymmetricKeyType === 'rsa' && (asymmetricKeyDetails?.modulusLength ?? 0) < 2048)
      return 'RSA keys need 2048 bits or more'
  } catch {
    return 'Expected a private key'
  }
  if ((jwk.use ?? 'sig') !== 'sig' || (Array.isArray(jwk.key_ops) && !jwk.key_ops.includes('sign')))
    return 'Expected a key for signing (use, key_ops)'
  if (usable(jwk).length === 0) return 'Expected an EC key on P-256, P-384 or P-521, or an Ed25519 key'
  return jwk.alg && !usable(jwk).includes(jwk.alg) ? 'alg does not fit the key' : undefined
}

const curves: Readonly<Record<string, Algorithm>> = {
  'P-256': 'ES256',
  'P-384': 'ES384',
  'P-521': 'ES512',
  Ed25519: 'EdDSA',
}

/** What the key can sign with; the first unless it says otherwise. */
function usable({ kty, crv }: Jwk): readonly Algorithm[] {
  if (kty === 'RSA') return algorithms.filter((name) => /^[RP]S/.test(name))
  const only = curves[String(crv)]
  return only ? [only] : []
}

export async function proofByKey(jwk: Jwk & { readonly kid?: string | undefined }): Promise<oidc.ClientAuth> {
  // What the key may be used for was looked at; told to WebCrypto, it would have to be signing and nothing else.
  const { use: _use, key_ops: _operations, ext: _ext, ...material } = jwk
  const alg = jwk.alg ?? usable(jwk)[0]
  const key = alg && (await importJWK({ ...material, alg }))
  if (!key || key instanceof Uint8Array)
    throw new SourceProblem('COULD_NOT_PARSE_CONFIG', 'private_key_jwk is no private key')
  // The library writes the name of RFC 9864 for Ed25519, which most providers do not know yet.
  const named = { [oidc.modifyAssertion]: (header: object) => void Object.assign(header, { alg }) }
  return oidc.PrivateKeyJwt(jwk.kid ? { key, kid: jwk.kid } : key, named)
}
