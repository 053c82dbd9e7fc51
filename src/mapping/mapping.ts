import { z } from 'zod'
import { filterProblem } from './group-filter.ts'
import { reservedClaims } from './reserved-claims.ts'

const maxAttributes = 100

/** A role's name, wherever one is given: by a mapping, to a user, or by itself. */
export const roleName = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .regex(/^\P{Cc}*$/u, 'must not have control characters')

/**
 * How one source's identities become claims, groups and roles. Kept as it is written in the admin API,
 * so its members are in snake case.
 */
export const Mapping = z
  .strictObject({
    /** Broker claim → upstream claim or path (`a.b`; a claim whose own name has dots is found first). */
    attributes: z.record(z.string().min(1).max(100), z.string().min(1).max(200)).default({}),
    groups: z
      .strictObject({
        claim: z.string().min(1).max(200).default('groups'),
        /** RE2 regular expression a group's whole name must match. Linear time, so no input can stall it. */
        filter: z.string().max(500).default('.*'),
      })
      .prefault({}),
    roles: z
      .array(
        z.strictObject({
          /** Absent: everybody who comes through this source has the role. */
          when_group: z.string().min(1).max(255).optional(),
          role: roleName,
          /** Absent: a realm role; present: a role of this client or API. */
          client: z.string().min(1).max(255).optional(),
        }),
      )
      .max(1000)
      .default([]),
    /** Whether the source's word that an e-mail address is verified is passed on. */
    trust_email: z.boolean().default(false),
  })
  .superRefine(({ attributes, groups }, context) => {
    const targets = Object.keys(attributes)
    if (targets.length > maxAttributes) {
      context.addIssue({ code: 'custom', path: ['attributes'], message: `must have at most ${maxAttributes} members` })
    }
    for (const target of targets.filter((name) => reservedClaims.has(name))) {
      const message = `${target} is a claim that only the broker itself can set`
      context.addIssue({ code: 'custom', path: ['attributes', target], message })
    }
    const problem = filterProblem(groups.filter)
    if (problem) context.addIssue({ code: 'custom', path: ['groups', 'filter'], message: problem })
  })

export type Mapping = z.infer<typeof Mapping>
