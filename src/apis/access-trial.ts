/** Whether somebody would pass at an API, found out without a call and step by step: nothing is written or counted. */
import type { ReasonCode } from '../reasons.ts'

const trialSteps = [
  'identity',
  'audience',
  'source',
  'key',
  'key_of_client',
  'binding',
  'strength',
  'scopes',
  'roles',
  'groups',
  'claim',
] as const

export interface TrialStep {
  readonly about: (typeof trialSteps)[number]
  /** What it is about where there are several: a claim. */
  readonly which?: string
  /** `open`: it cannot be told while what comes before it is refused. */
  readonly outcome: 'passes' | 'refused' | 'open'
  readonly reason?: ReasonCode
  /** As the gateway would tell the caller. */
  readonly detail?: string
}

export interface Trial {
  readonly passes: boolean
  /** Of the answer, if it does not pass. */
  readonly status?: number
  readonly reason?: ReasonCode
  readonly steps: readonly TrialStep[]
  /** Who it would be, as far as that is known. */
  readonly caller?: TriedCaller
}

export interface TriedCaller {
  readonly user: string
  readonly subject: string
  readonly client: string
  readonly source: string | undefined
  readonly groups: readonly string[]
  readonly roles: readonly string[]
  readonly scopes: readonly string[]
}

/** A person who has just signed in to a client, or a client for itself; and the key of its application, if it has one. */
export interface TriedParties {
  readonly clientId: string
  readonly person?: { readonly accountId: string; readonly sourceId: string }
  readonly scopes: readonly string[]
  /** The level of assurance that the sign-in had. */
  readonly acr?: string
}

export interface TryAccess {
  /** Rejects with `Unavailable` when it cannot tell. */
  parties(apiId: string, parties: TriedParties): Promise<Trial>
  /** What somebody would send. Rejects with `Unavailable` when it cannot tell. */
  token(apiId: string, sent: { readonly token: string; readonly apiKey?: string }): Promise<Trial>
}
