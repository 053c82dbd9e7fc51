import type { ReasonCode } from '../reasons.ts'

/** How sign-ins went: those that came to an end, and those that are open or were left open. */
export interface Outcomes {
  readonly signedIn: number
  readonly refused: number
  readonly couldNotTell: number
  readonly open: number
}

/** As far as their traces are kept. Of sources, clients and reasons those with the most, at most fifty each. */
export interface SignInFigures {
  /** By the first millisecond of the UTC day; days without any are absent. */
  readonly byDay: readonly (Outcomes & { readonly day: number })[]
  readonly bySource: readonly (Outcomes & { readonly sourceId: string | null })[]
  readonly byClient: readonly (Outcomes & { readonly clientId: string | null })[]
  readonly byReason: readonly { readonly reason: ReasonCode; readonly count: number }[]
}

/** How sign-ins and calls went in one span of time. */
export interface Span extends Outcomes {
  /** Its first millisecond: spans lie beside one another from the beginning of time (UTC). */
  readonly at: number
  /** Calls that gateways were told to refuse, as far as traces of them are kept. */
  readonly callsRefused: number
}

export const counted = [
  'authentication_sources',
  'clients',
  'applications',
  'api_keys',
  'apis',
  'portals',
  'users',
  'roles',
] as const

export interface Statistics {
  /** How many there are of each. */
  registry(): Promise<Readonly<Record<(typeof counted)[number], number>>>
  /** Of those that began from `from` on and before `until`, in milliseconds. */
  signIns(from: number, until: number): Promise<SignInFigures>
  /**
   * Of what began from `from` on and before `until`, by spans of `length` milliseconds; those without anything are absent.
   * `sources`: for each of these by itself as well.
   */
  over(
    time: { readonly from: number; readonly until: number; readonly length: number },
    sources: readonly string[],
  ): Promise<{ readonly all: readonly Span[]; readonly bySource: ReadonlyMap<string, readonly Span[]> }>
}
