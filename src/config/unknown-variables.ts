import { names } from './environment.ts'

export interface UnknownVariable {
  readonly name: string
  /** Of those that are known, the one that is written most alike. */
  readonly nearest: string
}

/** What Kubernetes makes for every pod beside a service whose name begins with `gatehouse`. */
const serviceLink = /_SERVICE_(HOST|PORT(_.+)?)$|_PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?$/

/** Variables that look like ours and set nothing: most are misspelt. Empty ones count as absent. */
export const unknownVariables = (env: NodeJS.ProcessEnv): readonly UnknownVariable[] =>
  Object.keys(env)
    .filter((name) => name.startsWith('GATEHOUSE_') && env[name] && !names.includes(name) && !serviceLink.test(name))
    .map((name) => ({ name, nearest: nearestTo(name) }))

const nearestTo = (name: string): string =>
  names.reduce((best, known) => (distance(name, known) < distance(name, best) ? known : best))

/** How many characters have to be put in, left out or replaced (Levenshtein). */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (const [index, character] of [...from].entries()) {
    const next = [index + 1]
    for (let at = 0; at < to.length; at++)
      next.push(Math.min((row[at] ?? 0) + (to[at] === character ? 0 : 1), (row[at + 1] ?? 0) + 1, (next[at] ?? 0) + 1))
    row = next
  }
  return row.at(-1) ?? 0
}
