import type { LocalUser } from '../accounts/local-user.ts'
import type { ReasonCode } from '../reasons.ts'
import type { Source } from '../sources/source.ts'

/** Everything the decision depends on. No request, no store, no clock. */
export interface Progress {
  readonly needs: 'login' | 'consent'
  /** The sources this client's people may choose from. */
  readonly offered: readonly Source[]
  /** Whether they may choose from more than those. */
  readonly more: boolean
  /** The one that the application or the person named, if it applies. */
  readonly named: Source | undefined
  /** Whether an e-mail address can lead to a source that is not among those offered. */
  readonly discoverable: boolean
  readonly missingScopes: readonly string[]
  /** Whose password was right, when that is not enough for them. */
  readonly halfway: LocalUser | undefined
  /** What was asked for in particular, and the person proved who they are, and it still is not met. */
  readonly stuck: ReasonCode | undefined
}

export type Step =
  | { readonly kind: 'choose'; readonly from: readonly Source[]; readonly more: boolean; readonly discover: boolean }
  | { readonly kind: 'prove'; readonly at: Source }
  | { readonly kind: 'confirm'; readonly user: LocalUser }
  | { readonly kind: 'consent'; readonly to: readonly string[] }
  | { readonly kind: 'fail'; readonly reason: ReasonCode }

/** The one place that knows the order of a sign-in. Every screen returns here; none knows the next. */
export function nextStep({ needs, offered, more, named, discoverable, missingScopes, halfway, stuck }: Progress): Step {
  if (stuck) return { kind: 'fail', reason: stuck }
  if (needs === 'consent') return { kind: 'consent', to: missingScopes }
  if (halfway) return { kind: 'confirm', user: halfway }
  if (named) return { kind: 'prove', at: named }
  const [only, ...others] = offered
  if (!only && !discoverable) return { kind: 'fail', reason: 'no_source_applies' }
  if (only && others.length === 0 && !discoverable) return { kind: 'prove', at: only }
  return { kind: 'choose', from: offered, more, discover: discoverable }
}

/**
 * Core §3.1.2.1: what a login in this interaction did not bring about is not tried again by itself, or the browser
 * would go round and round between us and an upstream that has a session.
 */
export function stuckBecause(interaction: {
  readonly needs: 'login' | 'consent'
  readonly retried: boolean
  readonly reasons: readonly string[]
}): ReasonCode | undefined {
  const { needs, retried, reasons } = interaction
  if (needs !== 'login' || !retried) return undefined
  if (reasons.includes('essential_acr') || reasons.includes('essential_acrs'))
    return 'unmet_authentication_requirements'
  if (reasons.includes('id_token_hint') || reasons.includes('claims_id_token_sub_value')) return 'another_person'
  return 'session_ended'
}
