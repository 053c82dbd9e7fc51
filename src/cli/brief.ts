import { isDeepStrictEqual } from 'node:util'
import { entrySchemas, type KindName } from './format.ts'
import type { Written } from './plan.ts'

/** The same without what it would be anyway. */
export function brief(kind: KindName, written: Written): Written {
  const schema = entrySchemas[kind]
  const whole = schema.safeParse(written)
  // What was registered under other rules is written as it is.
  if (!whole.success) return written
  const needed = Object.entries(written).filter(([name]) => {
    const { [name]: _, ...others } = written
    const without = schema.safeParse(others)
    return !(without.success && isDeepStrictEqual(without.data, whole.data))
  })
  return Object.fromEntries(needed)
}
