/** What files want, validated as far as that is possible without the registry. */
import type { z } from 'zod'
import { type ConnectorType, overAlready, type SourceType } from '../connector.ts'
import { Refusal } from '../errors.ts'
import { parseInput } from '../input.ts'
import { type EntryOf, entrySchemas, type KindName, keyOf, kindNames, secretPaths } from './format.ts'
import { type FileProblem, FilesProblem } from './problems.ts'
import { isObject, type Place, type RawEntry, readRegistryFile } from './read-file.ts'
import { referenceIn, resolveSecret } from './secret-reference.ts'

export interface Desired<Name extends KindName = KindName> {
  readonly kind: Name
  readonly key: string
  readonly input: EntryOf<Name>
  readonly place: Place
}

export interface DesiredState {
  readonly entries: readonly Desired[]
  /** The kinds that the files name. */
  readonly kinds: readonly KindName[]
  readonly warnings: readonly FileProblem[]
}

/** The settings of each type of source that this version has. */
export type SourceTypes = ReadonlyMap<SourceType, Pick<ConnectorType, 'config' | 'secrets' | 'expiries'>>

interface Needs {
  readonly sourceTypes: SourceTypes
  readonly environment: NodeJS.ProcessEnv
  /** `false`: secrets stay where they are, and none is missed. */
  readonly withSecrets: boolean
  /** What is over by then, in milliseconds, is a problem. Absent: it is judged beside what the registry has. */
  readonly now?: number
}

/** Rejects with {@link FilesProblem}, which has every problem of every file. */
export async function readDesired(files: readonly string[], needs: Needs): Promise<DesiredState> {
  const read = await Promise.all(files.map((file) => readRegistryFile(file, needs.environment)))
  const problems = read.flatMap((file) => file.problems)
  const warnings: FileProblem[] = []
  const entries: Desired[] = []
  const first = new Map<string, Place>()
  for (const raw of read.flatMap((file) => file.entries)) {
    const found = await desiredOf(raw, needs, warnings)
    if ('problems' in found) problems.push(...found.problems)
    else {
      const name = `${found.kind} ${found.key}`
      const before = first.get(name)?.problem([], '')
      if (before) problems.push(raw.place.problem([], `${found.key} stands at ${before.file}:${before.line} already`))
      first.set(name, raw.place)
      entries.push(found)
    }
  }
  if (problems.length > 0) throw new FilesProblem(problems)
  return { entries, kinds: kindNames.filter((kind) => read.some(({ kinds }) => kinds.includes(kind))), warnings }
}

type Found = Desired | { readonly problems: readonly FileProblem[] }

async function desiredOf(raw: RawEntry, needs: Needs, warnings: FileProblem[]): Promise<Found> {
  const { kind, place } = raw
  const type = kind === 'authentication-sources' && isObject(raw.value) ? raw.value.type : undefined
  const known = needs.sourceTypes.get(type as SourceType)
  const problems: FileProblem[] = []
  let value = raw.value
  for (const path of secretPaths(kind, known?.secrets ?? [])) {
    const given = at(value, path)
    if (typeof given !== 'string') {
      if (given !== undefined && given !== null) warnings.push(place.problem(path, literal))
      continue
    }
    const reference = referenceIn(given)
    if (!reference) warnings.push(place.problem(path, literal))
    else if (!needs.withSecrets) value = put(value, path, undefined)
    else {
      const found = await resolveSecret(reference, { ...place, environment: needs.environment })
      if ('problem' in found) problems.push(place.problem(path, found.problem))
      value = put(value, path, 'problem' in found ? undefined : found.value)
    }
  }
  const input = parsed(entrySchemas[kind], value, (path, message) => problems.push(place.problem(path, message)))
  if (problems.length === 0 && input && kind === 'authentication-sources')
    problems.push(...configProblems(input as EntryOf<'authentication-sources'>, needs, place))
  if (problems.length > 0 || !input) return { problems }
  // Each key is read from what its own schema has made of the entry.
  return { kind, key: (keyOf[kind] as (entry: unknown) => string)(input), input, place }
}

const literal = 'is written into the file itself; env:NAME or file:PATH keep it apart'

function parsed<S extends z.ZodType>(
  schema: S,
  value: unknown,
  complain: (path: readonly string[], message: string) => void,
): z.output<S> | undefined {
  try {
    return parseInput(schema, value)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    for (const { path, message } of error.problems) complain(path === '' ? [] : path.split('.'), message)
    return undefined
  }
}

/** A secret that the file omits may be one that the registry has: what it is needed for is seen when it is applied. */
function configProblems(
  { type, config }: EntryOf<'authentication-sources'>,
  { sourceTypes: types, now }: Needs,
  place: Place,
): readonly FileProblem[] {
  const known = types.get(type)
  if (!known)
    return [
      place.problem(['type'], `${type} is not available in this version; there is ${[...types.keys()].join(', ')}`),
    ]
  const problems: FileProblem[] = []
  const removed = (member: string) => known.secrets.includes(member) && config[member] === null
  const given = Object.fromEntries(Object.entries(config).filter(([member]) => !removed(member)))
  const whole = parsed(known.config, given, (path, message) => {
    const [member = ''] = path
    const isOmitted = known.secrets.includes(member) && given[member] === undefined
    if (!isOmitted) problems.push(place.problem(['config', ...path], message))
  })
  for (const { path, message } of now === undefined || !whole ? [] : overAlready(known.expiries?.(whole) ?? [], now))
    problems.push(place.problem(['config', ...path.split('.')], message))
  return problems
}

const at = (value: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>((node, name) => (isObject(node) ? node[name] : undefined), value)

/** `undefined` takes the member away. */
function put(value: unknown, [name = '', ...rest]: readonly string[], member: unknown): unknown {
  if (!isObject(value)) return value
  if (rest.length > 0) return { ...value, [name]: put(value[name], rest, member) }
  const { [name]: _, ...others } = value
  return member === undefined ? others : { ...others, [name]: member }
}
