/** Milliseconds since the epoch. Passed in, so that "it expires" is a test and not a sleep. */
export type Clock = () => number

export const systemClock: Clock = () => Date.now()

/** Whole seconds, as JWT's NumericDate has them (RFC 7519 §2). */
export const seconds = (milliseconds: number): number => Math.floor(milliseconds / 1000)
