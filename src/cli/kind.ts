/** How one kind of thing is kept equal to what files say, by the operations of its noun. */
import { Refusal } from '../errors.ts'
import { brief } from './brief.ts'
import type { Desired } from './desired.ts'
import type { EntryOf, KindName } from './format.ts'
import { type Step, stepFor, type Wanted, type Written } from './plan.ts'
import { FilesProblem } from './problems.ts'

/** Secrets that were made on the way, by the names of their members: shown once. */
export type Made = Readonly<Record<string, string>>

export interface Kind<Name extends KindName, Item> {
  readonly name: Name
  all(): Promise<readonly Item[]>
  /** `undefined`: files have no power over it. */
  keyOf(item: Item): Promise<string | undefined>
  /** As a file writes it. */
  written(item: Item): Promise<Written>
  /**
   * What the entry would be written like once it is there, and the paths of those of its secrets that are not what they
   * were. `undefined`: it need not be there.
   */
  wanted(entry: EntryOf<Name>, before: Item | undefined): Promise<Wanted | undefined>
  create(entry: EntryOf<Name>): Promise<Made>
  replace(item: Item, entry: EntryOf<Name>): Promise<Made>
  /**
   * Before anything goes: takes away what it names of that which goes as well, where that goes before it and would be
   * kept by it. Answers what it is then.
   */
  release?(item: Item, isGoing: IsGoing): Promise<Item>
  remove(item: Item): Promise<void>
  /** Stays, whatever files omit: what the server itself makes, and what is there by being named. */
  isKept(item: Item): boolean | Promise<boolean>
}

export type IsGoing = (kind: KindName, key: string) => boolean

/** A step, and what it takes. */
export interface Todo {
  readonly step: Step
  /** Of a deletion: comes before all deletions. */
  release?(isGoing: IsGoing): Promise<void>
  run(): Promise<Made>
}

export interface ManagedKind {
  readonly name: KindName
  todos(desired: readonly Desired[], prune: boolean): Promise<{ todos: readonly Todo[]; unchanged: number }>
  export(): Promise<readonly Written[]>
}

export function manage<Name extends KindName, Item>(kind: Kind<Name, Item>): ManagedKind {
  async function byKey(): Promise<ReadonlyMap<string, Item>> {
    const found = new Map<string, Item>()
    for (const item of await kind.all()) {
      const key = await kind.keyOf(item)
      if (key !== undefined) found.set(key, item)
    }
    return found
  }

  async function todoFor(wanted: Desired<Name>, before: Item | undefined): Promise<Todo | undefined> {
    const { key, input } = wanted
    const next = await at(wanted, () => kind.wanted(input, before))
    if (!next) return undefined
    const shown = before ? next : { ...next, written: brief(kind.name, next.written) }
    const step = stepFor({ kind: kind.name, key }, before && (await kind.written(before)), shown)
    const run = () => (before ? kind.replace(before, input) : kind.create(input))
    return step && { step, run: () => at(wanted, run) }
  }

  function removal(key: string, known: Item): Omit<Todo, 'step'> {
    let item = known
    return {
      async release(isGoing) {
        item = (await kind.release?.(item, isGoing)) ?? item
      },
      async run() {
        await removing(`${kind.name} ${key}`, () => kind.remove(item))
        return {}
      },
    }
  }

  return {
    name: kind.name,

    async todos(desired, prune) {
      const own = desired.filter((entry): entry is Desired<Name> => entry.kind === kind.name)
      if (own.length === 0 && !prune) return { todos: [], unchanged: 0 }
      const known = await byKey()
      const todos: Todo[] = []
      for (const wanted of own) {
        const todo = await todoFor(wanted, known.get(wanted.key))
        if (todo) todos.push(todo)
      }
      const unchanged = own.length - todos.length
      const named = new Set(own.map(({ key }) => key))
      for (const [key, item] of prune ? known : []) {
        if (named.has(key) || (await kind.isKept(item))) continue
        todos.push({ step: { action: 'delete', kind: kind.name, key, changes: [] }, ...removal(key, item) })
      }
      return { todos, unchanged }
    },

    async export() {
      return Promise.all([...(await byKey()).values()].map(kind.written))
    },
  }
}

/** A noun's refusal becomes a problem of the entry that asked for it. */
async function at<T>({ place }: Desired, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    const { problems, message } = error
    const told = problems.map(({ path, message }) => place.problem(path === '' ? [] : path.split('.'), message))
    throw new FilesProblem(told.length > 0 ? told : [place.problem([], message)], { cause: error })
  }
}

/** Who keeps it from going has a name here, and an id there. */
async function removing(what: string, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    throw error instanceof Refusal && error.code === 'in_use' ? keptBy(what, error) : error
  }
}

function keptBy(what: string, cause: Refusal): Refusal {
  const users = cause.problems.map(({ message }) => message).join(', ')
  return new Refusal('in_use', `${what} cannot be deleted: it ${users}`, { problems: cause.problems, cause })
}
