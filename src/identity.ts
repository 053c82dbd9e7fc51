/** What an authentication source says about somebody. */
export interface Identity {
  /** The source's own name for the person: never reused by it, at most 255 characters. */
  readonly subject: string
  /** Everything the source said, by its own names. Mapping decides what becomes of it. */
  readonly attributes: Readonly<Record<string, unknown>>
  /** Seconds; when the person last proved who they are there. Absent: the source did not say. */
  readonly authTime?: number
  /** Milliseconds; when what shows it began to be looked at: what has changed since then may not have been seen. Absent: now. */
  readonly provenAt?: number
  /** The level of assurance the source vouches for (OpenID Connect Core §2). */
  readonly acr?: string
  readonly amr?: readonly string[]
  /** What the source needs to hear again when the person signs out. */
  readonly upstream?: UpstreamSession
}

export interface UpstreamSession {
  readonly sid?: string
  readonly idToken?: string
}
