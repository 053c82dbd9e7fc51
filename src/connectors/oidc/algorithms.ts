/** Signed with a private key. `none` and HMAC, which the client secret could forge, are no choice. */
export const algorithms = [
  ...(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const),
  ...(['ES256', 'ES384', 'ES512', 'EdDSA'] as const),
] as const

export type Algorithm = (typeof algorithms)[number]
