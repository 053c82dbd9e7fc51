/** `gatehouse keys …`: what tokens are signed with. docs/operations/keys.md says when to do what. */
import type { Given, World } from './command.ts'
import type { Registry } from './open.ts'
import { type ExitCode, exitCodes } from './problems.ts'

export async function listKeys({ terminal, registry: open }: World): Promise<ExitCode> {
  await using registry = await open()
  return await show(registry, terminal)
}

/** Running nodes sign with it within a second. */
export async function rotateKeys({ terminal, user, registry: open }: World): Promise<ExitCode> {
  await using registry = await open()
  await registry.signingKeys.rotate({ kind: 'cli', id: user })
  return await show(registry, terminal)
}

export async function revokeKey(given: Given, { terminal, user, registry: open }: World): Promise<ExitCode> {
  await using registry = await open()
  for (const kid of given.parameters) await registry.signingKeys.revoke({ kind: 'cli', id: user }, kid)
  return await show(registry, terminal)
}

async function show({ signingKeys }: Registry, terminal: World['terminal']): Promise<ExitCode> {
  const keys = (await signingKeys.list()).map(({ kid, alg, state, createdAt, activatedAt, retiredAt }) => ({
    ...{ kid, alg, state },
    ...{ created_at: moment(createdAt), activated_at: moment(activatedAt), retired_at: moment(retiredAt) },
  }))
  const lines = keys.map(({ kid, state, created_at }) => `${kid}  ${state.padEnd(8)}  since ${created_at}`)
  terminal.answer({ items: keys }, lines.length > 0 ? lines.join('\n') : 'There is none yet.')
  return exitCodes.done
}

const moment = (time: number | null) => (time === null ? null : new Date(time).toISOString())
