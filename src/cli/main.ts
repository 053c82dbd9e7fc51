/** The command line: finds the command, runs it, and tells scripts by the exit code how it went. */
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { loadConfig } from '../config/load.ts'
import { Refusal } from '../errors.ts'
import { createLog } from '../log.ts'
import { errorText, printable } from '../redaction.ts'
import { type Command, columns, helpOf, parse, type Terminal, type World } from './command.ts'
import { commands } from './commands.ts'
import { type ExitCode, exitCodeOf, exitCodes, FilesProblem, isTheirs, UsageProblem } from './problems.ts'

const args = process.argv.slice(2)
const isJson = args.includes('--json')
const root = join(import.meta.dirname, '..', '..')
// The answer has the standard output to itself.
const remark = (text: string) => void process.stderr.write(`${text}\n`)
const answer = (text: string) => void process.stdout.write(`${text}\n`)

const terminal: Terminal = {
  answer: (value, text) => answer(isJson ? JSON.stringify(value, undefined, 2) : text),
  remark,
  ...(process.stdin.isTTY && process.stderr.isTTY && { ask }),
}

async function ask(question: string): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return /^y(es)?$/i.test((await lines.question(`${question} [y/N] `)).trim())
  } catch (error) {
    // Ctrl-C and Ctrl-D are answers too.
    if (!(error instanceof Error && error.name === 'AbortError')) throw error
    remark('')
    return false
  } finally {
    lines.close()
  }
}

const world: World = {
  environment: process.env,
  terminal,
  user: nameOfUser(),
  config: () => loadConfig(process.env, root),
  async registry(options) {
    const { openRegistry } = await import('./open.ts')
    return openRegistry({ config: await world.config(), log, ...options })
  },
  database: async () => (await import('./open.ts')).databaseTools,
  sourceTypes: async () => (await import('./open.ts')).knownSourceTypes(log),
}

// What the server would log is beside the point here, unless something is wrong.
const log = createLog('warn', { write: (line) => process.stderr.write(line) })

/** In a container the user may have a number only. */
function nameOfUser(): string {
  try {
    return userInfo().username
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`
  }
}

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // Whoever reads has had enough, as `head` has.
  if (error.code === 'EPIPE') return
  remark(`The answer cannot be written: ${error.message}`)
  process.exitCode = exitCodes.refused
})
process.stderr.on('error', () => {})

const code = await main()
process.exitCode ||= code

async function main(): Promise<ExitCode> {
  try {
    const command = commands.find(({ name }) => name === args.slice(0, name.split(' ').length).join(' '))
    if (!command) return overview()
    const given = parse(command, args.slice(command.name.split(' ').length))
    if (!given.has('help')) return await command.run(given, world)
    answer(helpOf(command))
    return exitCodes.done
  } catch (error) {
    fail(error)
    return exitCodeOf(error)
  }
}

/** What there is; of commands that begin with the same word, those. To run none is a mistake unless that was asked for. */
function overview(): ExitCode {
  const [first, ...more] = args.filter((arg) => !arg.startsWith('--'))
  const isAsked = args.includes('--help') || first === 'help'
  const group = commands.filter(({ name }) => name.startsWith(`${first} `))
  if (group.length > 0 && (more.length > 0 || !isAsked))
    throw new UsageProblem(`${first} is one of these: gatehouse ${group.map(({ name }) => name).join(', gatehouse ')}`)
  if (group.length === 0 && first !== undefined && first !== 'help')
    throw new UsageProblem(
      `There is no command ${printable([first, ...more].join(' '))}: gatehouse --help names them all`,
    )
  const names = (command: Command): [string, string] => [`${command.name} ${command.parameters}`, command.summary]
  answer(`gatehouse COMMAND [--help]\n\n${columns((group.length > 0 ? group : commands).map(names))}`)
  return isAsked ? exitCodes.done : exitCodes.usage
}

function fail(error: unknown): void {
  const message = isTheirs(error) ? error.message.split('\n').map(printable).join('\n') : errorText(error)
  if (!isJson) {
    remark(message)
    return
  }
  const problems = error instanceof FilesProblem || error instanceof Refusal ? error.problems : []
  const code = error instanceof Refusal ? error.code : error instanceof Error ? error.name : 'Error'
  answer(JSON.stringify({ error: { code, message, problems } }, undefined, 2))
}
