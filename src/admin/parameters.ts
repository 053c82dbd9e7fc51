import { z } from 'zod'

/** A time in a query, as `2026-02-03T04:05:06Z` or with an offset; becomes milliseconds. */
export const moment = z.iso
  .datetime({ offset: true, error: 'must be a time such as 2026-02-03T04:05:06Z' })
  .transform((text) => Date.parse(text))
  .optional()

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

/** Only the members that have a value. */
export const defined = <T extends object>(members: T): Defined<T> =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Defined<T>
