import { type Drop, describe } from './dropped.ts'
import { isRecord } from './path.ts'

export type ClaimValue = Scalar | readonly ClaimValue[] | { readonly [name: string]: ClaimValue }
type Scalar = string | number | boolean

const maxString = 4096
const maxItems = 200
const maxMembers = 50
const maxDepth = 3

/** The value as it may stand in a token, or `undefined` when nothing of it may; what goes is listed. */
export function claimValue(path: string, value: unknown, drop: Drop, depth = 0): ClaimValue | undefined {
  if (typeof value === 'string') return short(path, value, drop)
  if (typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))) return value
  if (value === null) return refuse(drop, path, 'null', value)
  if (!Array.isArray(value) && !isRecord(value)) return refuse(drop, path, 'wrong_type', value)
  if (depth === maxDepth) return refuse(drop, path, 'too_deep', value)
  return Array.isArray(value) ? items(path, value, drop, depth) : members(path, value, drop, depth)
}

function items(path: string, value: readonly unknown[], drop: Drop, depth: number): ClaimValue | undefined {
  // Half a list would be read as the whole one.
  if (value.length > maxItems) return refuse(drop, path, 'too_many', value)
  return value
    .map((item, index) => claimValue(`${path}.${index}`, item, drop, depth + 1))
    .filter((item) => item !== undefined)
}

function members(
  path: string,
  value: Readonly<Record<string, unknown>>,
  drop: Drop,
  depth: number,
): ClaimValue | undefined {
  const entries = Object.entries(value)
  if (entries.length > maxMembers) return refuse(drop, path, 'too_many', value)
  const kept: [string, ClaimValue][] = []
  for (const [name, inner] of entries) {
    if (name === '__proto__' || name === 'constructor' || name === 'prototype' || name.length > 255) {
      drop(path, 'reserved', 'a member with a forbidden name')
      continue
    }
    const claim = claimValue(`${path}.${name}`, inner, drop, depth + 1)
    if (claim !== undefined) kept.push([name, claim])
  }
  return Object.fromEntries(kept)
}

/** A string for a claim that must be one. */
export function stringClaim(path: string, value: unknown, drop: Drop): string | undefined {
  if (typeof value === 'string') return short(path, value, drop)
  return refuse(drop, path, value === null ? 'null' : 'wrong_type', value)
}

/** A boolean for a claim that must be one. Some providers write it as a string. */
export function booleanClaim(path: string, value: unknown, drop: Drop): boolean | undefined {
  if (typeof value === 'boolean') return value
  if (value === 'true' || value === 'false') return value === 'true'
  return refuse(drop, path, value === null ? 'null' : 'wrong_type', value)
}

export function numberClaim(path: string, value: unknown, drop: Drop): number | undefined {
  if (typeof value === 'number' && Number.isFinite(value)) return value
  return refuse(drop, path, value === null ? 'null' : 'wrong_type', value)
}

/** OpenID Connect Core §5.1.1. */
export function addressClaim(path: string, value: unknown, drop: Drop): Readonly<Record<string, string>> | undefined {
  if (!isRecord(value)) return refuse(drop, path, value === null ? 'null' : 'wrong_type', value)
  const parts = ['formatted', 'street_address', 'locality', 'region', 'postal_code', 'country']
  const kept: Record<string, string> = {}
  for (const part of parts.filter((name) => Object.hasOwn(value, name))) {
    const text = stringClaim(`${path}.${part}`, value[part], drop)
    if (text !== undefined) kept[part] = text
  }
  return kept
}

// A claim without a value is left out (OpenID Connect Core §5.3.2).
function short(path: string, value: string, drop: Drop): string | undefined {
  if (value.length > maxString) return refuse(drop, path, 'too_long', value)
  return value === '' ? undefined : value
}

function refuse(drop: Drop, path: string, reason: Parameters<Drop>[1], value: unknown): undefined {
  drop(path, reason, describe(value))
}
