import type { Grant } from './session.ts'

/** The grant as it was, with what is asked for now as well. */
export function widened(before: Grant, asked: Grant): Grant {
  const names = joined(Object.keys(before.resources), Object.keys(asked.resources))
  return {
    ...before,
    scopes: joined(before.scopes, asked.scopes),
    claims: joined(before.claims, asked.claims),
    resources: Object.fromEntries(names.map((name) => [name, joined(before.resources[name], asked.resources[name])])),
    expiresAt: Math.max(before.expiresAt, asked.expiresAt),
  }
}

const joined = (some: readonly string[] = [], more: readonly string[] = []): readonly string[] => [
  ...new Set([...some, ...more]),
]
