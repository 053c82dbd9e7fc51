import { Refusal } from './errors.ts'

/** What every kept thing has: an id for ever, and a version that each change raises by one. */
export interface Entity {
  readonly id: string
  readonly version: number
  readonly createdAt: number
  readonly updatedAt: number
}

export interface ListQuery {
  readonly limit: number
  /** The `next` of the page before. */
  readonly after?: string
  /** Words to look for in the entity's names. */
  readonly search?: string
}

export interface Page<T> {
  readonly items: readonly T[]
  readonly next: string | null
}

/** A kind of thing the registry keeps. Every method rejects with {@link Unavailable} when it cannot tell. */
export interface Collection<T extends Entity> {
  get(id: string): Promise<T | undefined>
  /** Those of `ids` that exist, in the order of creation. */
  some(ids: readonly string[]): Promise<readonly T[]>
  /** In the order of creation; a page may be asked for again and stays stable under insertion. */
  list(query: ListQuery): Promise<Page<T>>
  /** Rejects with `conflict` when a natural key is taken. */
  add(entity: T): Promise<void>
  /** Stores `entity` as version `expected + 1`; rejects with `changed_meanwhile` unless `expected` is the stored version. */
  replace(entity: T, expected: number): Promise<T>
  /** Rejects with `in_use` while something else refers to it, and with `changed_meanwhile` like `replace`. */
  remove(id: string, expected: number): Promise<void>
}

/**
 * Runs work on stores that commit together or not at all. The work awaits one call after the other, and lets every
 * refusal through: what a store refused inside, it may have half done.
 */
export type Transact<Stores> = <T>(work: (stores: Stores) => Promise<T>) => Promise<T>

/** The entity, or a refusal with `not_found`. */
export function found<T>(entity: T | undefined, what: string): T {
  if (entity === undefined) throw new Refusal('not_found', `There is no ${what}`)
  return entity
}

/** Early notice of what the store decides in the end: rejects with `changed_meanwhile`. */
export function requireVersion(entity: Entity, expected: number): void {
  if (entity.version === expected) return
  throw new Refusal('changed_meanwhile', `The current version is ${entity.version}, not ${expected}`)
}
