/**
 * Between the OpenID provider and the sign-in pages: what an authorization request still needs from the
 * person, and how it ends. The issuer provides it, sign-in uses it; neither knows the other.
 */
import type { Context } from 'koa'
import type { UpstreamSession } from './identity.ts'

export interface Interaction {
  /** Random; stands in the address and in the browser's cookie. */
  readonly uid: string
  /** The same for all interactions of one authorization request: what its reference and trace are named by. */
  readonly flow: string
  readonly clientId: string
  /** What is missing: somebody who proves who they are, or their agreement. */
  readonly needs: 'login' | 'consent'
  /** Why, by the provider's names: `no_session`, `login_prompt`, `max_age`, `not_admitted`, `op_scopes_missing`, … */
  readonly reasons: readonly string[]
  /** Parameters of the authorization request, as it was checked. */
  readonly params: Readonly<Record<string, string | undefined>>
  /** Scopes the person has not agreed to yet. */
  readonly missingScopes: readonly string[]
  /** Levels of assurance asked for, and whether nothing less will do. */
  readonly acr: { readonly values: readonly string[]; readonly essential: boolean }
  /** Who is signed in already, if anybody. */
  readonly accountId: string | undefined
  /** A login was made in this interaction before, and did not satisfy what was asked. */
  readonly retried: boolean
}

export interface Login {
  readonly accountId: string
  readonly sourceId: string
  readonly subject: string
  /** Seconds. */
  readonly authTime: number
  /** Milliseconds; not later than the login was made here, whenever the upstream last asked the person. */
  readonly provenAt: number
  readonly acr: string | undefined
  readonly amr: readonly string[] | undefined
  readonly upstream: UpstreamSession | undefined
}

export type InteractionOutcome =
  | { readonly kind: 'login'; readonly login: Login }
  | { readonly kind: 'consent' }
  | { readonly kind: 'error'; readonly error: string; readonly description: string }

export type Leave = (ctx: Context, interaction: Interaction) => Promise<(() => Promise<unknown>) | undefined>

export interface Interactions {
  /** Rejects with `interaction_lost` unless this browser holds the interaction's cookie and it is still open. */
  read(ctx: Context): Promise<Interaction>
  /**
   * For an address that the interaction's cookie is not sent to, where something else shows that it is the same browser:
   * from here on in this request, `read` answers the interaction. `false`: it has to be looked at with its cookie.
   */
  adopt(ctx: Context, uid: string): Promise<boolean>
  /**
   * `leave` is asked about each sign-in in the request that begins it, and may redirect the browser elsewhere than to its
   * page. It answers what is to be written along with the sign-in.
   */
  whenBegun(leave: Leave): void
  /** Answers with a redirect back into the provider. */
  finish(ctx: Context, outcome: InteractionOutcome): Promise<void>
}

/** Whose session this browser's cookie stands for, as things are now; `undefined`: nobody's. */
export type CurrentSession = (
  ctx: Context,
) => Promise<{ readonly sessionId: string; readonly accountId: string } | undefined>
