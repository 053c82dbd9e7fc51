import type { Clock } from '../../clock.ts'

/**
 * When things end is written into them and compared with our own clock; Redis counts for itself how long they are left.
 * What allows something is gone as soon as either says so. What forbids something is kept until both do, so that a
 * clock which is set back revives nothing: this much longer, in milliseconds.
 */
export const keptLonger = 3_600_000

/** Milliseconds; Redis takes none below one. */
export const timeLeft = (clock: Clock, until: number): number => Math.max(1, Math.ceil(until - clock()))
