/** When a person must prove who they are again, on top of what OpenID Connect Core asks for. */
import { decodeJwt } from 'jose'
import { interactionPolicy, type interactionPolicy as policies } from 'oidc-provider'
import { levelsAsked } from './levels.ts'
import { stateOf } from './request-state.ts'

export function createInteractionPolicy(): policies.DefaultPolicy {
  const { Check, Prompt, base } = interactionPolicy
  const policy = base()

  // Core §3.1.2.1: the person chooses again, whoever is signed in.
  policy.add(new Prompt({ name: 'select_account', requestable: true }), 0)

  // A native client of the organisation's own is no stranger: consent depends on the client's registration alone.
  policy.get('consent')?.checks.remove('native_client_prompt')

  // The library looks at the hint before the login only. What stands in the record was verified when it came.
  policy.get('login')?.checks.remove('id_token_hint')
  policy.get('login')?.checks.add(
    new Check('id_token_hint', 'somebody else is expected', 'login_required', (ctx) => {
      const hint = ctx.oidc.params?.id_token_hint
      return typeof hint === 'string' && decodeJwt(hint).sub !== ctx.oidc.session?.accountId
    }),
  )

  policy.get('login')?.checks.add(
    new Check('not_admitted', 'the session does not open this client', 'login_required', (ctx) => {
      const { admission } = stateOf(ctx)
      return ctx.oidc.session?.accountId !== undefined && (!admission || 'denied' in admission)
    }),
  )

  // A wish is worth one try at the source, and never a dead end; what is essential, the library's own checks see to.
  policy.get('login')?.checks.add(
    new Check('acr_wished', 'another level of assurance is wished for', 'login_required', (ctx) => {
      const { session, result, prompts, params } = ctx.oidc
      const { values, essential } = levelsAsked(params ?? {})
      if (!session?.accountId || values.length === 0 || essential || prompts.has('none') || result?.login) return false
      return !values.includes(session.acr ?? '0')
    }),
  )
  return policy
}
