/** What a client can sign its assertions with that say who it is (`private_key_jwt`). */
export const assertionAlgorithms = ['RS256', 'PS256', 'ES256', 'EdDSA'] as const

/** By `kty`, and `crv` where that matters. */
const algorithmsOf: Readonly<Record<string, readonly string[]>> = {
  RSA: ['RS256', 'PS256'],
  'EC P-256': ['ES256'],
  'OKP Ed25519': ['EdDSA'],
}

/** Whether one of the public keys is for that, with the algorithm `named` if the client has settled on one. */
export const canAssert = (keys: readonly Readonly<Record<string, unknown>>[], named: string | undefined): boolean =>
  keys.some(({ kty, crv, use = 'sig', alg }) => {
    const fitting = algorithmsOf[kty === 'RSA' ? kty : `${kty} ${crv}`] ?? []
    return use === 'sig' && fitting.some((one) => (alg ?? one) === one && (named ?? one) === one)
  })
