/** What a command is: told by `--help`, read from the arguments, and run. */
import { parseArgs } from 'node:util'
import type { Config } from '../config/schema.ts'
import type { SourceTypes } from './desired.ts'
import type { DatabaseTools, Registry } from './open.ts'
import { type ExitCode, UsageProblem } from './problems.ts'

export interface Option {
  /** What its value is called; absent: it has none. */
  readonly value?: string
  readonly means: string
}

export interface Command {
  /** `admin reset-password` */
  readonly name: string
  /** `FILE…`; what may be omitted stands in brackets. */
  readonly parameters: string
  readonly summary: string
  readonly options: Readonly<Record<string, Option>>
  /** How many parameters there are at least and at most. */
  readonly count: readonly [number, number]
  run(given: Given, world: World): Promise<ExitCode>
}

export interface Given {
  readonly parameters: readonly string[]
  has(option: string): boolean
  get(option: string): string | undefined
}

/** Where a command runs. */
export interface World {
  readonly environment: NodeJS.ProcessEnv
  readonly terminal: Terminal
  /** Of the operating system. */
  readonly user: string
  /** The server's, from the same files and variables. */
  config(): Promise<Config>
  registry(options?: { readonly mayCreate?: boolean }): Promise<Registry>
  sourceTypes(): Promise<SourceTypes>
  /** What is done to a database as a whole. */
  database(): Promise<DatabaseTools>
}

export interface Terminal {
  /** The one answer: as JSON if that was asked for, else as text. */
  answer(value: unknown, text: string): void
  /** A remark beside the answer. */
  remark(text: string): void
  /** Absent: there is nobody to ask. */
  readonly ask?: (question: string) => Promise<boolean>
}

/** Every command has them. */
export const common: Readonly<Record<string, Option>> = {
  json: { means: 'answer in JSON' },
  help: { means: 'say what the command does' },
}

export function parse(command: Command, args: readonly string[]): Given {
  const all = { ...command.options, ...common }
  const options = Object.fromEntries(
    Object.entries(all).map(([name, { value }]) => [name, { type: value ? 'string' : 'boolean' } as const]),
  )
  const { values, positionals } = parsed(args.map(shielded), options)
  const [least, most] = command.count
  if (!values.help && (positionals.length < least || positionals.length > most))
    throw new UsageProblem(`Usage: gatehouse ${command.name} ${command.parameters}`.trim())
  return {
    parameters: positionals.map(unshielded),
    has: (option) => values[option] === true,
    get(option) {
      const value = values[option]
      return typeof value === 'string' ? value : undefined
    },
  }
}

/** A key's id (RFC 7638) may begin with a hyphen, and is no option then: none is as long. */
const keyId = /^-[\w-]{42}$/
const shield = '\0'
const shielded = (arg: string): string => (keyId.test(arg) ? shield + arg : arg)
const unshielded = (arg: string): string => (arg.startsWith(shield) ? arg.slice(shield.length) : arg)

function parsed(args: readonly string[], options: Record<string, { readonly type: 'string' | 'boolean' }>) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true })
  } catch (error) {
    throw new UsageProblem(error instanceof Error ? error.message : String(error), { cause: error })
  }
}

export function helpOf({ name, parameters, summary, options }: Command): string {
  const rows = Object.entries({ ...options, ...common }).map(([option, { value, means }]): [string, string] => [
    `--${option}${value ? ` ${value}` : ''}`,
    means,
  ])
  return [`gatehouse ${name} ${parameters}`.trim(), '', `  ${summary}`, '', columns(rows)].join('\n')
}

/** Two columns, for people. */
export function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([first]) => first.length))
  return rows.map(([first, second]) => `  ${first.padEnd(width)}  ${second}`.trimEnd()).join('\n')
}
