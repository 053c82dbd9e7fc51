type Attributes = Readonly<Record<string, unknown>>

const forbidden = new Set(['__proto__', 'constructor', 'prototype'])

export const isRecord = (value: unknown): value is Attributes =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * What stands at `path`: the claim of exactly that name, or else `a.0.b`, member by member. A member whose own
 * name has dots (`https://acme.com/claims`) is found before the ones its parts would name.
 */
export function valueAt(attributes: Attributes, path: string): unknown {
  return descend(attributes, path.split('.'))
}

function descend(from: unknown, parts: readonly string[]): unknown {
  if (parts.length === 0) return from
  for (let taken = parts.length; taken > 0; taken -= 1) {
    const next = member(from, parts.slice(0, taken).join('.'))
    // Below nothing there is nothing: looking there would double the work with every dot.
    const found = next === undefined ? undefined : descend(next, parts.slice(taken))
    if (found !== undefined) return found
  }
  return undefined
}

function member(from: unknown, name: string): unknown {
  if (Array.isArray(from)) return /^\d{1,4}$/.test(name) ? from[Number(name)] : undefined
  if (!isRecord(from) || forbidden.has(name) || !Object.hasOwn(from, name)) return undefined
  return from[name]
}
