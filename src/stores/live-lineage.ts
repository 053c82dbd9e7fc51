/**
 * What the registry remembers of a live store that is kept elsewhere, so that one which comes back older than it was
 * revives nothing.
 */
export interface LiveLineage {
  read(): Promise<{
    /** Grows when the live store has lost what it knew. From 1. */
    readonly generation: number
    /** The highest pulse that was seen of this generation; 0: none. */
    readonly pulse: number
    /** Seconds: when the generation began. 0: it is the first. */
    readonly since: number
  }>
  /** Remembers the pulse, unless the generation has been raised or a higher one is remembered. */
  notePulse(generation: number, pulse: number): Promise<void>
  /** Ends this generation; of any number that do so at once, one does. */
  raise(generation: number, since: number): Promise<void>
}
