/** The library's interactions in our words: the only place where sign-in and the provider meet. */
import type { Context } from 'koa'
import { errors, type Provider } from 'oidc-provider'
import { Refusal } from '../errors.ts'
import type { Interaction, InteractionOutcome, Interactions } from '../interaction.ts'
import type { SessionStore } from '../sessions/session.ts'
import type { Vault } from '../vault.ts'
import type { CookieSettings } from './cookies.ts'
import { sealLogin } from './interaction-login.ts'
import { ownClient } from './resources.ts'
import { sessionIdOf } from './session-id.ts'

type LibraryInteraction = Awaited<ReturnType<Provider['interactionDetails']>>

interface Needs {
  readonly provider: () => Provider
  readonly sessions: Pick<SessionStore, 'end'>
  readonly cookies: CookieSettings
  readonly vault: Vault
}

export function createInteractions({ provider, sessions, cookies, vault }: Needs): Interactions {
  async function find(ctx: Context): Promise<LibraryInteraction> {
    try {
      return await provider().interactionDetails(ctx.req, ctx.res)
    } catch (error) {
      throw error instanceof errors.SessionNotFound ? lost(error) : error
    }
  }

  return {
    async read(ctx) {
      const found = await find(ctx)
      // The cookie says which interaction the browser is in; the address must mean the same one.
      if (ctx.params.uid !== undefined && ctx.params.uid !== found.uid) {
        throw new Refusal('interaction_lost', 'The address and the cookie name different interactions')
      }
      return describe(found)
    },

    async finish(ctx, outcome) {
      const interaction = await find(ctx)
      // Somebody else signs in here: the stay of the person before ends, and the request goes on without it. (The
      // library would do so through a logout page of its own that needs a script.)
      if (
        outcome.kind === 'login' &&
        interaction.session &&
        interaction.session.accountId !== outcome.login.accountId
      ) {
        await sessions.end(sessionIdOf(interaction.session.uid))
        interaction.session = undefined
        await interaction.persist()
        ctx.cookies.set(cookies.names.session, null, cookies.long)
      }
      ctx.respond = false
      await provider().interactionFinished(ctx.req, ctx.res, resultOf(outcome), { mergeWithLastSubmission: true })
    },
  }

  function resultOf(outcome: InteractionOutcome) {
    switch (outcome.kind) {
      case 'login':
        return sealLogin(outcome.login, vault)
      case 'consent':
        return { consent: {} }
      case 'error':
        return { error: outcome.error, error_description: outcome.description }
    }
  }
}

const lost = (cause: errors.SessionNotFound): Refusal =>
  new Refusal('interaction_lost', cause.error_description, { cause })

function describe({ uid, cid, params, prompt, session, lastSubmission }: LibraryInteraction): Interaction {
  const text = Object.entries(params)
    .filter((entry): entry is [string, string] => typeof entry[1] === 'string')
    .filter(([, value]) => value !== ownClient) // Our stand-in for "no resource in particular" is nobody's parameter.
  const details = prompt.details as {
    missingOIDCScope?: string[]
    missingResourceScopes?: Record<string, string[]>
    acr?: { value?: string; values?: string[] }
  }
  const missing = [...(details.missingOIDCScope ?? []), ...Object.values(details.missingResourceScopes ?? {}).flat()]
  const essential = details.acr
    ? [...(details.acr.values ?? []), ...(details.acr.value ? [details.acr.value] : [])]
    : []
  const named = Object.fromEntries(text)
  return {
    uid,
    flow: cid,
    clientId: named.client_id ?? '',
    needs: prompt.name === 'consent' ? 'consent' : 'login',
    reasons: prompt.reasons,
    params: named,
    missingScopes: [...new Set(missing)],
    acr: {
      values: essential.length > 0 ? essential : (named.acr_values?.split(' ') ?? []),
      essential: essential.length > 0,
    },
    accountId: session?.accountId,
    retried: lastSubmission?.login !== undefined,
  }
}
