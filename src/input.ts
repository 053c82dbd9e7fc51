import type { z } from 'zod'
import { type Problem, Refusal } from './errors.ts'

/** What the schema makes of `value`. Rejected with `invalid_input` and every problem at once; paths are written `config.issuer`. */
export function parseInput<S extends z.ZodType>(schema: S, value: unknown, below = ''): z.output<S> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  throw invalidInput(result.error.issues.flatMap((issue) => problemsOf(issue, below)))
}

/** What checks that know nothing of one another answer. Rejects with the problems of all that found some. */
export async function together<Checks extends readonly unknown[] | []>(
  checks: Checks,
): Promise<{ -readonly [Index in keyof Checks]: Awaited<Checks[Index]> }> {
  const outcomes = await Promise.allSettled(checks)
  const reasons: readonly unknown[] = outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))
  const problems = reasons.flatMap((reason) => {
    if (reason instanceof Refusal && reason.code === 'invalid_input') return reason.problems
    throw reason
  })
  if (problems.length > 0) throw invalidInput(problems)
  return Promise.all(checks)
}

export const invalidInput = (problems: readonly Problem[]): Refusal =>
  new Refusal(
    'invalid_input',
    problems.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; '),
    {
      problems,
    },
  )

function problemsOf(issue: z.core.$ZodIssue, below: string): Problem[] {
  if (issue.code === 'invalid_union') {
    // What is wrong with the form that was meant: the one whose kind of value it is.
    const meant = issue.errors.find((form) => !form.some(({ code, path }) => code === 'invalid_type' && !path.length))
    if (meant) return meant.flatMap((inner) => problemsOf({ ...inner, path: [...issue.path, ...inner.path] }, below))
  }
  const path = [below, ...issue.path.map(String)].filter((part) => part !== '').join('.')
  if (issue.code !== 'unrecognized_keys') return [{ path, message: issue.message }]
  return issue.keys.map((key) => ({ path: path ? `${path}.${key}` : key, message: 'is not a known member' }))
}
