/**
 * Which members of a JSON answer a mask covers: the part of JSONPath (RFC 9535) that names places. `$`, `.name`,
 * `['name']`, `[0]`, `[*]`, `.*`, and `..` before a name or a wildcard. Filters, slices and unions are not in it:
 * what they cover cannot be seen by reading them.
 */
export interface PathStep {
  /** At any depth below, instead of directly below. */
  readonly descendant: boolean
  /** A member's name, an element's index, or `'*'` in its own right. */
  readonly select: { readonly name: string } | { readonly index: number } | '*'
}

const mostSteps = 20

const step =
  /(?<deep>\.\.)?(?:(?<=\.\.)(?<deepName>\*|[\p{L}_][\p{L}\p{N}_]*)|\.(?<name>\*|[\p{L}_][\p{L}\p{N}_]*)|\[(?:(?<index>0|[1-9]\d{0,8})|(?<any>\*)|'(?<single>(?:[^'\\\p{Cc}]|\\['\\])*)'|"(?<double>(?:[^"\\\p{Cc}]|\\["\\])*)")\])/uy

/** The steps below `$`, or a sentence that says what is wrong. */
export function parseJsonPath(path: string): readonly PathStep[] | string {
  if (!path.startsWith('$')) return 'must begin with $'
  const steps: PathStep[] = []
  step.lastIndex = 1
  while (step.lastIndex < path.length) {
    const at = step.lastIndex
    const groups = step.exec(path)?.groups
    if (!groups) return `is not understood from character ${at + 1}: only names, indexes, [*], .* and .. can be used`
    steps.push({ descendant: groups.deep !== undefined, select: selected(groups) })
  }
  if (steps.length === 0) return 'must lead somewhere below $'
  return steps.length > mostSteps ? `must have at most ${mostSteps} steps` : steps
}

function selected(groups: Readonly<Record<string, string | undefined>>): PathStep['select'] {
  const name = groups.name ?? groups.deepName
  if (groups.any !== undefined || name === '*') return '*'
  if (groups.index !== undefined) return { index: Number(groups.index) }
  return { name: name ?? (groups.single ?? groups.double ?? '').replace(/\\(['"\\])/g, '$1') }
}
