/** `gatehouse doctor`: everything that a server needs, looked at from here. Nothing is changed. */
import type { Config } from '../config/schema.ts'
import { unknownVariables } from '../config/unknown-variables.ts'
import { errorText, printable } from '../redaction.ts'
import type { World } from './command.ts'
import { everything } from './names.ts'
import type { Registry } from './open.ts'
import { type ExitCode, exitCodeOf, exitCodes, isTheirs } from './problems.ts'

export interface Finding {
  readonly what: string
  readonly state: 'ok' | 'warn' | 'fail'
  /** What is the matter, and what to do. */
  readonly detail?: string
  /** It failed because something did not answer. */
  readonly unanswered?: true
}

export async function doctor(world: World): Promise<ExitCode> {
  const findings = await examine(world)
  const lines = findings.map(({ what, state, detail }) => `${state.padEnd(4)}  ${what}${detail ? `: ${detail}` : ''}`)
  world.terminal.answer({ findings }, lines.map(printable).join('\n'))
  const failed = findings.filter(({ state }) => state === 'fail')
  if (failed.length === 0) return exitCodes.done
  return failed.every(({ unanswered }) => unanswered) ? exitCodes.unavailable : exitCodes.refused
}

const failure = (what: string, error: unknown): Finding => ({
  ...{ what, state: 'fail', detail: isTheirs(error) ? error.message : errorText(error) },
  ...(exitCodeOf(error) === exitCodes.unavailable && { unanswered: true }),
})

async function examine(world: World): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  const told = async <T>(what: string, work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work()
    } catch (error) {
      findings.push(failure(what, error))
      return undefined
    }
  }
  const config = await told('settings', world.config)
  if (!config) return findings
  findings.push({ what: 'settings', state: 'ok' })
  for (const { name, nearest } of unknownVariables(world.environment))
    findings.push({
      what: name,
      state: 'warn',
      detail: `is not a setting, and changes nothing; ${nearest} is the nearest`,
    })

  const { inspectDatabase } = await world.database()
  const inspection = await told('database', async () => inspectDatabase(config.database_url))
  if (!inspection) return findings
  if (inspection.pending.length > 0) {
    const detail = `its schema lacks ${inspection.pending.join(', ')}: the next start, or apply, brings it up to date`
    return [...findings, { what: 'database', state: 'warn', detail }]
  }
  const opened = await told('stores', () => world.registry())
  if (!opened) return findings
  await using registry = opened
  findings.push(...(await stores(registry)))
  findings.push(...((await told('secret keys', () => secrets(registry))) ?? []))
  findings.push(...((await told('signing keys', () => signingKeys(registry))) ?? []))
  findings.push(await issuer(config, registry))
  findings.push(...((await told('authentication sources', () => sources(registry))) ?? []))
  return findings
}

/** Milliseconds. */
const clocksMayDiffer = 5000

async function stores({ stores }: Registry): Promise<readonly Finding[]> {
  const found = stores.health.map(async ({ name, check }): Promise<readonly Finding[]> => {
    try {
      const { problem, time } = await check()
      const apart = time === undefined ? 0 : Math.abs(time - Date.now())
      const clock: Finding = {
        what: `clock of ${name}`,
        ...(apart > clocksMayDiffer
          ? { state: 'warn', detail: `${Math.round(apart / 1000)} s from this machine's: have both follow NTP` }
          : { state: 'ok' }),
      }
      return [problem ? { what: name, state: 'fail', detail: problem } : { what: name, state: 'ok' }, clock]
    } catch (error) {
      return [failure(name, error)]
    }
  })
  return (await Promise.all(found)).flat()
}

async function secrets({ stores, vault, nouns }: Registry): Promise<readonly Finding[]> {
  const what = 'secret keys'
  const missing = Object.keys(await stores.secrets.count()).filter((id) => !vault.keyIds.includes(id))
  if (missing.length > 0)
    return [{ what, state: 'fail', detail: `${missing.join(', ')} missing: put them back into GATEHOUSE_SECRET_KEY` }]
  // Each is opened when it is read.
  await everything(nouns.sources.list)
  await everything(nouns.clients.list)
  return [{ what, state: 'ok' }]
}

async function signingKeys({ signingKeys }: Registry): Promise<readonly Finding[]> {
  const what = 'signing keys'
  const states = (await signingKeys.list()).map(({ state }) => state)
  if (!states.includes('active')) return [{ what, state: 'warn', detail: 'none yet: the first start makes one' }]
  await signingKeys.read()
  return states.includes('next')
    ? [{ what, state: 'ok' }]
    : [{ what, state: 'warn', detail: 'none is next: a running server makes one within a minute' }]
}

async function issuer({ issuer }: Config, { http }: Registry): Promise<Finding> {
  const what = `issuer ${issuer}`
  if (!issuer.startsWith('https:')) {
    const isLocal = ['localhost', '127.0.0.1', '[::1]'].includes(new URL(issuer).hostname)
    if (!isLocal) return { what, state: 'warn', detail: 'is not https: tokens and passwords travel readably' }
  }
  try {
    const answer = await http.fetch(`${issuer}/.well-known/openid-configuration`, {}, { allowPrivateAddresses: true })
    const document: unknown = await answer.json()
    const said = typeof document === 'object' && document !== null && 'issuer' in document ? document.issuer : undefined
    return said === issuer
      ? { what, state: 'ok' }
      : { what, state: 'fail', detail: `somebody else answers there (status ${answer.status}): check proxy and DNS` }
  } catch {
    return { what, state: 'warn', detail: 'is not reached from here: no server runs, or the way to it is closed' }
  }
}

async function sources({ nouns }: Registry): Promise<readonly Finding[]> {
  const all = await everything(nouns.sources.list)
  return Promise.all(
    all
      .filter(({ enabled }) => enabled)
      .map(async ({ id, alias, type, config }): Promise<Finding> => {
        const what = `authentication source ${alias}`
        const result = await nouns.sources.test({ id, alias, type, config })
        return result.ok
          ? { what, state: 'ok' }
          : { what, state: 'warn', detail: `${result.problem.code}: ${result.problem.detail}` }
      }),
  )
}
