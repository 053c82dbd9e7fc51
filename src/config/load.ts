/**
 * Reads the configuration: config/default.yaml, then the files that `GATEHOUSE_CONFIG` names, then environment
 * variables. Finds every problem at once, and never repeats a value that is wrong: it may be a secret.
 */
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { type Document, LineCounter, parseDocument } from 'yaml'
import type { z } from 'zod'
import { StartProblem } from '../errors.ts'
import { filesOf, settingsOf, variableFor } from './environment.ts'
import { contains, isTree, type Layers, lay, nest, read, type Tree } from './layers.ts'
import { Config } from './schema.ts'
import { unknownVariables } from './unknown-variables.ts'

export interface SettingProblem {
  /** `lifetimes.access_token`; empty for a whole file. */
  readonly path: string
  /** The file or the environment variable that said so, where there is one. */
  readonly origin: string | undefined
  readonly message: string
}

export class ConfigProblem extends StartProblem {
  override readonly name = 'ConfigProblem'
  readonly problems: readonly SettingProblem[]

  constructor(problems: readonly SettingProblem[]) {
    const lines = problems.map(({ path, origin, message }) => {
      const place = path && origin ? `${path} (${origin})` : path || origin
      return `\n  - ${place}: ${message}`
    })
    super(`The configuration cannot be used:${lines.join('')}`)
    this.problems = problems
  }
}

const reference = 'config/default.yaml'

/** Rejects with {@link ConfigProblem}. Names of files are relative to `folder`, the one that has config/default.yaml. */
export async function loadConfig(env: NodeJS.ProcessEnv, folder: string): Promise<Config> {
  const problems: SettingProblem[] = []
  let layers: Layers = { tree: {}, origins: new Map() }

  for (const file of [reference, ...filesOf(env)]) {
    const content = await readSettings(resolve(folder, file))
    if (content.ok) layers = lay(layers, content.tree, file)
    else problems.push({ path: '', origin: file, message: content.message })
  }
  for (const { name, path, value } of settingsOf(env)) layers = lay(layers, nest(path, value), name)
  layers = followPort(layers)

  const { data, error } = Config.safeParse(layers.tree)
  problems.push(...(error?.issues ?? []).flatMap((issue) => describe(issue, layers)))
  if (data && problems.length === 0) return deepFreeze(data)
  // What is missing may have been misspelt.
  const misspelt = unknownVariables(env).map(({ name, nearest }) => ({
    ...{ path: '', origin: name, message: `is not a setting; ${nearest} is the nearest` },
  }))
  throw new ConfigProblem([...problems, ...misspelt])
}

type Content = { readonly ok: true; readonly tree: Tree } | { readonly ok: false; readonly message: string }

async function readSettings(file: string): Promise<Content> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    return { ok: false, message: `cannot be read (${(error as NodeJS.ErrnoException).code})` }
  }
  const lineCounter = new LineCounter()
  const document = parseDocument(text, { lineCounter, prettyErrors: false })
  const [problem] = document.errors
  // The parser's own words quote the file, secrets included.
  if (problem) {
    const { line, col } = lineCounter.linePos(problem.pos[0])
    return { ok: false, message: `is not valid YAML: ${problem.code} at line ${line}, column ${col}` }
  }
  const tree = plain(document)
  return isTree(tree)
    ? { ok: true, tree }
    : { ok: false, message: 'must be a mapping of settings, with no alias astray' }
}

function plain(document: Document): unknown {
  try {
    return document.toJS() ?? {}
  } catch {
    // An alias of nothing, or too many of them. There is no telling which without quoting the file.
    return undefined
  }
}

/** Who only moves the port, for a trial on their own machine, means the issuer too. */
function followPort(layers: Layers): Layers {
  const port = read(layers.tree, 'listen.port')
  const moved = layers.origins.get('issuer') === reference && layers.origins.get('listen.port') !== reference
  const usable = typeof port === 'number' && Number.isInteger(port) && port > 0 && port < 65536
  return moved && usable ? lay(layers, { issuer: new URL(`http://localhost:${port}`).origin }, reference) : layers
}

function describe(issue: z.core.$ZodIssue, { tree, origins }: Layers): readonly SettingProblem[] {
  const path = issue.path.join('.')
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const unknown = path ? `${path}.${key}` : key
      return { path: unknown, origin: originOf(unknown, origins), message: 'is not a setting' }
    })
  }
  const variable = variableFor(path)
  if (read(tree, path) === undefined && issue.code === 'invalid_type') {
    return [{ path, origin: undefined, message: variable ? `is missing; ${variable} sets it` : 'is missing' }]
  }
  return [{ path, origin: originOf(path, origins), message: issue.message }]
}

// A problem may lie within a list, whose origin is known, or be with an object as a whole: then its first member's counts.
function originOf(path: string, origins: ReadonlyMap<string, string>): string | undefined {
  return [...origins].find(([leaf]) => contains(leaf, path) || contains(path, leaf))?.[1]
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(deepFreeze)
  return Object.freeze(value)
}
