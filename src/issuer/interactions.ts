/** The library's interactions in our words: the only place where sign-in and the provider meet. */
import type { Context } from 'koa'
import { errors, type KoaContextWithOIDC, type Provider } from 'oidc-provider'
import { type Clock, seconds } from '../clock.ts'
import { Refusal } from '../errors.ts'
import type { Interaction, InteractionOutcome, Interactions, Leave } from '../interaction.ts'
import type { SessionStore } from '../sessions/session.ts'
import type { Vault } from '../vault.ts'
import type { CarriedOutcomes } from './carried-outcomes.ts'
import type { CookieSettings } from './cookies.ts'
import { sealLogin } from './interaction-login.ts'
import { levelsAsked } from './levels.ts'
import { ownClient } from './resources.ts'
import { sessionIdOf } from './session-id.ts'

type LibraryInteraction = Awaited<ReturnType<Provider['interactionDetails']>>

interface Needs {
  readonly provider: () => Provider
  readonly sessions: Pick<SessionStore, 'end'>
  readonly cookies: CookieSettings
  readonly carried: CarriedOutcomes
  readonly vault: Vault
  readonly clock: Clock
}

interface Begun {
  /** To be told of an interaction in the request that begins it. */
  begun(ctx: Context, interaction: LibraryInteraction): ReturnType<Leave>
}

export function createInteractions({
  provider,
  sessions,
  cookies,
  carried,
  vault,
  clock,
}: Needs): Interactions & Begun {
  let leave: Leave = async () => undefined
  const found = new WeakMap<Context, Promise<LibraryInteraction>>()

  /** Once for each request. */
  function find(ctx: Context): Promise<LibraryInteraction> {
    const finding = found.get(ctx) ?? look(ctx)
    found.set(ctx, finding)
    return finding
  }

  async function look(ctx: Context): Promise<LibraryInteraction> {
    const details = () => provider().interactionDetails(ctx.req, ctx.res)
    return await details().catch(async (error: unknown) =>
      (await outlivesItsSession(ctx, error)) ? details().catch(explain) : explain(error),
    )
  }

  /**
   * Signing out in another tab ends the session that the interaction was begun in. Whoever is about to prove who they
   * are does not need it; for anything else they have to sign in first, which a new interaction sees to.
   */
  async function outlivesItsSession(ctx: Context, error: unknown): Promise<boolean> {
    const id = ctx.cookies.get(cookies.names.interaction, { signed: true })
    if (!(error instanceof errors.SessionNotFound) || !id) return false
    const interaction = await provider().Interaction.find(id)
    if (interaction?.prompt.name !== 'login' || !interaction.session) return false
    interaction.session = undefined
    await interaction.persist()
    return true
  }

  /**
   * Makes the browser's session one that this login may go on in, which may have changed since the interaction
   * began. Somebody else's stay ends. (The library would do that through a logout page which needs a script, and
   * refuse to go on at all where the session is not the one it saw.) Answers whether the interaction was changed for it.
   */
  async function makeWay(ctx: Context, interaction: LibraryInteraction, accountId: string): Promise<boolean> {
    // The library makes what it reads the cookie from out of any request; its types ask for one of its own.
    const session = await provider().Session.get(ctx as KoaContextWithOIDC)
    const stranger = session.accountId !== undefined && session.accountId !== accountId
    if (stranger) {
      await sessions.end(sessionIdOf(session.uid))
      ctx.cookies.set(cookies.names.session, null, cookies.long)
    }
    const changed = interaction.session !== undefined && (stranger || interaction.session.uid !== session.uid)
    if (changed) interaction.session = undefined
    return changed
  }

  return {
    async read(ctx) {
      const interaction = await find(ctx)
      // The cookie says which interaction the browser is in; the address must mean the same one.
      if (ctx.params.uid !== undefined && ctx.params.uid !== interaction.uid) {
        throw new Refusal('interaction_lost', 'The address and the cookie name different interactions')
      }
      return describe(interaction)
    },

    async adopt(ctx, uid) {
      const interaction = await provider().Interaction.find(uid)
      // Whether the session that it was begun in is still the same is looked at in its own address only.
      if (!interaction || interaction.session) return false
      found.set(ctx, Promise.resolve(interaction))
      return true
    },

    whenBegun(asked) {
      leave = asked
    },
    begun: (ctx, interaction) => leave(ctx, describe(interaction)),

    async finish(ctx, outcome) {
      const interaction = await find(ctx)
      const changed = outcome.kind === 'login' && (await makeWay(ctx, interaction, outcome.login.accountId))
      const result = { ...(outcome.kind !== 'error' && interaction.lastSubmission), ...resultOf(outcome) }
      const left = interaction.exp - seconds(clock())
      if (changed || !carried.give(ctx, interaction.uid, result, left)) {
        carried.drop(ctx, interaction.uid)
        interaction.result = result
        await interaction.persist()
      }
      ctx.status = 303
      ctx.redirect(interaction.returnTo)
    },
  }

  function resultOf(outcome: InteractionOutcome) {
    switch (outcome.kind) {
      case 'login':
        // Whoever has proven who they are has chosen who to be, where that was asked for (prompt=select_account).
        return { ...sealLogin(outcome.login, vault), select_account: {} }
      case 'consent':
        return { consent: {} }
      case 'error':
        return { error: outcome.error, error_description: outcome.description }
    }
  }
}

function explain(error: unknown): never {
  if (!(error instanceof errors.SessionNotFound)) throw error
  throw new Refusal('interaction_lost', error.error_description, { cause: error })
}

function describe({ uid, cid, params, prompt, session, lastSubmission }: LibraryInteraction): Interaction {
  const text = Object.entries(params)
    .filter((entry): entry is [string, string] => typeof entry[1] === 'string')
    .filter(([, value]) => value !== ownClient) // Our stand-in for "no resource in particular" is nobody's parameter.
  const details = prompt.details as {
    missingOIDCScope?: string[]
    missingResourceScopes?: Record<string, string[]>
  }
  const missing = [...(details.missingOIDCScope ?? []), ...Object.values(details.missingResourceScopes ?? {}).flat()]
  const named = Object.fromEntries(text)
  return {
    uid,
    flow: cid,
    clientId: named.client_id ?? '',
    needs: prompt.name === 'consent' ? 'consent' : 'login',
    reasons: prompt.reasons,
    params: named,
    missingScopes: [...new Set(missing)],
    acr: levelsAsked(named),
    accountId: session?.accountId,
    retried: lastSubmission?.login !== undefined,
  }
}
