/** One file of YAML or JSON as lists of entries, each knowing where it stands. Nothing about an entry is believed yet. */
import { readFile } from 'node:fs/promises'
import { type Document, isNode, LineCounter, parseDocument } from 'yaml'
import { type KindName, kindNames } from './format.ts'
import type { FileProblem } from './problems.ts'

export interface RawEntry {
  readonly kind: KindName
  readonly value: unknown
  readonly place: Place
}

/** Where something stands, for messages. */
export interface Place {
  readonly file: string
  problem(path: readonly PropertyKey[], message: string): FileProblem
}

export interface RawFile {
  readonly entries: readonly RawEntry[]
  /** The kinds that the file names, with however few entries. */
  readonly kinds: readonly KindName[]
  readonly problems: readonly FileProblem[]
}

/** `environment` is what `${NAME}` and `${NAME:-otherwise}` in a string stand for. */
export async function readRegistryFile(file: string, environment: NodeJS.ProcessEnv): Promise<RawFile> {
  const whole = (message: string, line?: number): RawFile => ({
    entries: [],
    kinds: [],
    problems: [{ file, line, path: '', message }],
  })
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    return whole(`cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const [broken] = document.errors
  // The parser's own words quote the file, secrets included.
  if (broken) return whole(`is not valid YAML: ${broken.code}`, lines.linePos(broken.pos[0]).line)
  const tree = plain(document)
  if (!isObject(tree)) return whole('must be a mapping of lists, with no alias astray')

  const problems: FileProblem[] = []
  const placeBelow = (base: readonly PropertyKey[]): Place => ({
    file,
    problem: (path, message) => ({
      ...{ file, line: lineOf(document, lines, [...base, ...path]) },
      ...{ path: [...base, ...path].map(String).join('.'), message },
    }),
  })
  const { problem } = placeBelow([])
  const { $schema: _, ...sections } = tree
  const entries = Object.entries(sections).flatMap(([name, list]): RawEntry[] => {
    const kind = kindNames.find((known) => known === name)
    if (!kind) problems.push(problem([name], `is not a kind; there are ${kindNames.join(', ')}`))
    else if (!Array.isArray(list)) problems.push(problem([name], 'must be a list'))
    else
      return list.map((given: unknown, index) => {
        const place = placeBelow([kind, index])
        const value = filledIn(given, environment, (path, message) => problems.push(place.problem(path, message)))
        return { kind, value, place }
      })
    return []
  })
  const kinds = kindNames.filter((name) => Array.isArray(sections[name]))
  return { entries, kinds, problems }
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function plain(document: Document): unknown {
  try {
    return document.toJS() ?? {}
  } catch {
    // An alias of nothing, or too many of them.
    return undefined
  }
}

/** Of the nearest thing there is: what is missing stands where it ought to be. */
function lineOf(document: Document, lines: LineCounter, path: readonly PropertyKey[]): number | undefined {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true)
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line
  }
  return undefined
}

type Complain = (path: readonly PropertyKey[], message: string) => void

/** Variables stand in strings only and are put in after parsing, so that no value can change the document. */
function filledIn(value: unknown, environment: NodeJS.ProcessEnv, complain: Complain): unknown {
  const fill = (part: unknown, path: readonly PropertyKey[]): unknown => {
    if (Array.isArray(part)) return part.map((item, index) => fill(item, [...path, index]))
    if (isObject(part))
      return Object.fromEntries(Object.entries(part).map(([name, member]) => [name, fill(member, [...path, name])]))
    if (typeof part !== 'string') return part
    return part.replace(/(\$?)\$\{(\w+)(?::-([^}]*))?\}/g, (written, escaped, name, otherwise) => {
      if (escaped) return written.slice(1)
      const found = environment[name] || otherwise
      if (found === undefined) complain(path, `the environment variable ${name} is not set`)
      return found ?? ''
    })
  }
  return fill(value, [])
}
