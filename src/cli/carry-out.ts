/** A plan, rehearsed in a transaction that is rolled back, and then carried out in one that is not. */
import { isDeepStrictEqual } from 'node:util'
import type { Actor } from '../audit/audit.ts'
import { Refusal } from '../errors.ts'
import type { DesiredState } from './desired.ts'
import type { KindName } from './format.ts'
import type { Made, Todo } from './kind.ts'
import { manageAll } from './managed.ts'
import type { Nouns } from './nouns.ts'
import type { Registry } from './open.ts'
import type { Step } from './plan.ts'

export interface Plan {
  readonly steps: readonly Step[]
  readonly unchanged: number
}

export interface MadeSecrets {
  readonly kind: KindName
  readonly key: string
  readonly members: Made
}

interface Wish {
  readonly registry: Registry
  readonly actor: Actor
  readonly desired: DesiredState
  readonly prune: boolean
}

/** What would be done: it has been done, and undone. Rejects with what would hinder it. */
export async function rehearse(wish: Wish): Promise<Plan> {
  await warmUp(wish)
  let plan: Plan | undefined
  try {
    await wish.registry.change(async (nouns) => {
      plan = (await work(wish, nouns)).plan
      throw new RolledBack()
    })
  } catch (error) {
    if (!(error instanceof RolledBack) || !plan) throw error
  }
  if (!plan) throw new Error('A rehearsal ends by being undone')
  return plan
}

/** Rejects with `changed_meanwhile` when that is no longer the plan that was shown. */
export const carryOut = (wish: Wish, shown: Plan): Promise<readonly MadeSecrets[]> =>
  wish.registry.change(async (nouns) => {
    const { plan, made } = await work(wish, nouns)
    if (isDeepStrictEqual(plan, shown)) return made
    throw new Refusal('changed_meanwhile', 'The registry was changed since the plan was shown: apply the files again')
  })

class RolledBack extends Error {}

/** Passwords take their time: they are compared and hashed before anybody has to wait for it. */
async function warmUp({ registry, actor, desired, prune }: Wish): Promise<void> {
  const { kinds } = manageAll({ registry, nouns: registry.nouns, actor, desired: desired.entries, later() {} })
  const users = kinds.find(({ name }) => name === 'users')
  const { todos } = (await users?.todos(desired.entries, prune)) ?? { todos: [] }
  const changed = new Set(todos.map(({ step }) => step.key))
  for (const { kind, key, input } of desired.entries) {
    if (kind === 'users' && changed.has(key) && 'password' in input && input.password !== undefined)
      await registry.passwords.hash(input.password)
  }
}

async function work({ registry, actor, desired, prune }: Wish, nouns: Nouns) {
  const put: (() => Promise<void>)[] = []
  const later = (work: () => Promise<void>) => put.push(work)
  const { kinds, names } = manageAll({ registry, nouns, actor, desired: desired.entries, later })

  const all: Todo[] = []
  let unchanged = 0
  for (const kind of kinds) {
    const found = await kind.todos(desired.entries, prune && desired.kinds.includes(kind.name))
    all.push(...found.todos)
    unchanged += found.unchanged
  }
  const isDeletion = ({ step }: Todo) => step.action === 'delete'
  const changes = all.filter((todo) => !isDeletion(todo))
  // What goes, goes last, and what refers to another first.
  const deletions = all.filter(isDeletion).reverse()

  const made: MadeSecrets[] = []
  const run = async ({ step: { kind, key }, run }: Todo) => {
    const members = await run()
    if (Object.keys(members).length > 0) made.push({ kind, key, members })
    names.forget(kind)
  }
  for (const todo of changes) await run(todo)
  for (const rest of put) await rest()
  const going = new Set(deletions.map(({ step: { kind, key } }) => `${kind} ${key}`))
  // Of two that name one another neither could go.
  for (const todo of deletions) await todo.release?.((kind, key) => going.has(`${kind} ${key}`))
  for (const todo of deletions) await run(todo)
  return { plan: { steps: [...changes, ...deletions].map(({ step }) => step), unchanged }, made }
}
