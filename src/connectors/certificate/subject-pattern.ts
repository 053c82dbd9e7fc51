/** One character of a name in RFC 4514's writing, with what escapes it; separators stand unescaped. */
const units = (text: string): readonly string[] => text.match(/\\[0-9a-fA-F]{2}|\\.|[^\\]|\\$/gsu) ?? []

/** Longer names are nobody's, and would only cost time. */
const longestName = 1000

/**
 * Whether a whole name fits: `?` is one character of a value, `*` any number of them, and `**` anything at all, commas
 * included. Letters count as they are. Takes time in proportion to both lengths, whatever is in them.
 */
export function fitsPattern(name: string, pattern: string): boolean {
  const wanted = units(pattern.replaceAll(/\*{2,}/g, '\0'))
  const isStar = (at: number) => wanted[at] === '*' || wanted[at] === '\0'
  if (name.length > longestName) return false
  /** Up to which units of the pattern what was read so far fits. */
  let reached = new Set<number>()
  const reach = (into: Set<number>, at: number) => {
    for (let next = at; ; next += 1) {
      into.add(next)
      // A star fits nothing, too.
      if (!isStar(next)) return
    }
  }
  reach(reached, 0)
  for (const unit of units(name)) {
    const isSeparator = unit === ',' || unit === '+'
    const further = new Set<number>()
    for (const at of reached) {
      const one = wanted[at]
      if (one === '\0' || (one === '*' && !isSeparator)) reach(further, at)
      else if (one === '?' ? !isSeparator : one === unit) reach(further, at + 1)
    }
    if (further.size === 0) return false
    reached = further
  }
  return reached.has(wanted.length)
}
