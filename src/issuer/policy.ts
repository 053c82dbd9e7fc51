/** When a person must prove who they are again, on top of what OpenID Connect Core asks for. */
import { interactionPolicy, type KoaContextWithOIDC, type interactionPolicy as policies } from 'oidc-provider'
import { stateOf } from './request-state.ts'

export function createInteractionPolicy(): policies.DefaultPolicy {
  const { Check, base } = interactionPolicy
  const policy = base()

  // A native client of the organisation's own is no stranger: consent depends on the client's registration alone.
  policy.get('consent')?.checks.remove('native_client_prompt')

  policy.get('login')?.checks.add(
    new Check('not_admitted', 'the session does not open this client', 'login_required', (ctx) => {
      const { admission } = stateOf(ctx)
      return ctx.oidc.session?.accountId !== undefined && (!admission || 'denied' in admission)
    }),
  )

  // acr_values is a wish (Core §5.5.1.1): worth one try at the source, never a dead end.
  policy.get('login')?.checks.add(
    new Check('acr_wished', 'another level of assurance is wished for', 'login_required', (ctx) => {
      const { session, result, prompts } = ctx.oidc
      const wished = wishedLevels(ctx)
      if (!session?.accountId || wished.length === 0 || prompts.has('none') || result?.login) return false
      return !wished.includes(session.acr ?? '0')
    }),
  )
  return policy
}

export function wishedLevels(ctx: KoaContextWithOIDC): readonly string[] {
  const values = ctx.oidc.params?.acr_values
  return typeof values === 'string' ? values.split(' ').filter(Boolean) : []
}
