/** What tokens tell of how a local user signed in: methods (RFC 8176) and the level of assurance. */

export type SecondMethod = 'totp' | 'recovery' | 'passkey'

/** The level that the big providers call so, too. */
const multiFactor = 'http://schemas.openid.net/pape/policies/2007/06/multi-factor'
/** OpenID Connect Extended Authentication Profile (EAP) ACR Values 1.0 §2: nobody in between can use what they hear. */
const phishingResistant = 'phr'

/** @param withPassword a password was shown before. @param asked levels that the application wishes, the dearest first */
export function assurance(
  method: SecondMethod,
  withPassword: boolean,
  asked: readonly string[],
): { readonly amr: readonly string[]; readonly acr: string } {
  const met = method === 'passkey' ? [multiFactor, phishingResistant] : [multiFactor]
  const own = method === 'passkey' ? ['pop', 'user'] : ['otp']
  return {
    amr: [...(withPassword ? ['pwd'] : []), ...own, 'mfa'],
    acr: asked.find((level) => met.includes(level)) ?? multiFactor,
  }
}
