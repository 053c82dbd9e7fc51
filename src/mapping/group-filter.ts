import { RE2JS, RE2JSException } from 're2js'

// A repetition counts as often as it may repeat: `(x?){1000}` is 4,000 instructions. Matching takes time in
// proportion to instructions × characters, so both are bounded. 500 characters without one stay below this.
const maxInstructions = 1000
const maxCompiled = 500

const compiled = new Map<string, RE2JS>()

/** Why `pattern` cannot be used as a group filter; `undefined`: it can. */
export function filterProblem(pattern: string): string | undefined {
  try {
    const size = RE2JS.compile(pattern).programSize()
    return size <= maxInstructions ? undefined : 'is too costly to run: use fewer or smaller repetitions ({n,m})'
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error
    return `is not an RE2 regular expression: ${error.message}`
  }
}

/** Whether a group's whole name matches, in time linear in the name. The pattern has been checked before. */
export function groupFilter(pattern: string): (group: string) => boolean {
  const known = compiled.get(pattern)
  const expression = known ?? RE2JS.compile(pattern)
  compiled.delete(pattern)
  compiled.set(pattern, expression)
  for (const oldest of compiled.keys()) {
    if (compiled.size <= maxCompiled) break
    compiled.delete(oldest)
  }
  return (group) => expression.testExact(group)
}
