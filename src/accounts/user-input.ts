import { z } from 'zod'
import type { Problem } from '../errors.ts'
import { roleName } from '../mapping/mapping.ts'
import { reservedClaims } from '../mapping/reserved-claims.ts'
import type { RoleName } from './account.ts'
import { passwordProblem } from './password-policy.ts'

const text = z.string().min(1).max(255)
const oneLine = text.regex(/^\P{Cc}*$/u, 'must not have control characters')
const maxClaimsBytes = 16_384

/** A realm role by its name, or a role of a client or API. */
const RoleInput = z.union([
  roleName,
  z.strictObject({ name: roleName, client: oneLine.nullable().default(null) }),
  z.strictObject({ role: roleName, client: oneLine.nullable().default(null) }),
])

/**
 * A person as the admin API takes them, whole. Of people who come from elsewhere only `enabled` and `roles`
 * are ours to set.
 */
export const UserInput = z
  .strictObject({
    /** Required of people whose password is kept here. */
    username: oneLine.regex(/^(\S(.*\S)?)?$/su, 'must not begin or end with a space').optional(),
    password: z.string().optional().describe('Write-only. Absent: unchanged, and none for somebody new.'),
    enabled: z.boolean().default(true),
    authentication_source: text
      .optional()
      .describe(
        'Id or alias of a source of type `local`; absent: the one with the alias `local`. It cannot be changed later.',
      ),
    name: oneLine.optional(),
    given_name: oneLine.optional(),
    family_name: oneLine.optional(),
    email: z
      .string()
      .max(254)
      .regex(/^[^\s@]+@[^\s@]+$/, 'must be an e-mail address')
      .optional(),
    email_verified: z.boolean().optional(),
    claims: z
      .record(z.string().min(1).max(100), z.unknown())
      .default({})
      .describe("Further claims, by the names that the source's mapping looks for."),
    groups: z.array(oneLine).max(1000).default([]),
    roles: z.array(RoleInput).max(1000).default([]),
  })
  .superRefine(({ username, email, password, claims }, context) => {
    const names = [username, email].filter((name) => name !== undefined)
    const problem = password === undefined ? undefined : passwordProblem(password, names)
    if (problem) context.addIssue({ code: 'custom', path: ['password'], message: problem })
    for (const name of Object.keys(claims).filter((claim) => reservedClaims.has(claim))) {
      const message = `${name} is a claim that only the broker itself can set`
      context.addIssue({ code: 'custom', path: ['claims', name], message })
    }
    if (Buffer.byteLength(JSON.stringify(claims)) > maxClaimsBytes) {
      context.addIssue({ code: 'custom', path: ['claims'], message: `must have at most ${maxClaimsBytes} bytes` })
    }
  })

export type UserInput = z.output<typeof UserInput>

export function roleNames(roles: UserInput['roles']): readonly RoleName[] {
  const named = new Map<string, RoleName>()
  for (const role of roles) {
    const given = typeof role === 'string' ? { name: role, client: null } : { client: role.client, name: nameOf(role) }
    named.set(JSON.stringify([given.client, given.name]), given)
  }
  return [...named.values()]
}

const nameOf = (role: { readonly name: string } | { readonly role: string }): string =>
  'name' in role ? role.name : role.role

/** The members that have a place of their own in the input. */
const profile = ['name', 'given_name', 'family_name', 'email', 'email_verified'] as const

/** What a local user's `claims` become. */
export function claimsIn(input: UserInput): Readonly<Record<string, unknown>> {
  const own = profile.flatMap((name) => (input[name] === undefined ? [] : [[name, input[name]] as const]))
  return { ...input.claims, ...Object.fromEntries(own) }
}

/** The other way round: for reading, and for merging a change into. */
export function profileOf(claims: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const others = Object.entries(claims).filter(([name]) => !profile.some((own) => own === name))
  const own = profile.flatMap((name) => (claims[name] === undefined ? [] : [[name, claims[name]] as const]))
  return { ...Object.fromEntries(own), claims: Object.fromEntries(others) }
}

/** What of an input is not ours to say about somebody who comes from elsewhere. */
export function foreignProblems(input: UserInput): readonly Problem[] {
  const { enabled, roles, claims, groups, ...rest } = input
  const said = [
    ...Object.entries(rest).flatMap(([name, value]) => (value === undefined ? [] : [name])),
    ...(Object.keys(claims).length > 0 ? ['claims'] : []),
    ...(groups.length > 0 ? ['groups'] : []),
  ]
  return said.map((path) => ({ path, message: 'comes from the authentication source of this person' }))
}
