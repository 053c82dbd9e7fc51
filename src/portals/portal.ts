import type { Collection, Entity } from '../collection.ts'

/** A developer portal: where people of one source find APIs and get keys for them. */
export interface Portal extends Entity {
  /** Stands in its address. */
  readonly slug: string
  readonly name: string
  /** The source its people sign in through, which cannot be removed meanwhile. */
  readonly sourceId: string
  /** Ids of the APIs it offers, in their order; they cannot be removed meanwhile. */
  readonly apis: readonly string[]
  /** Whoever has any of them may come in; none: everybody who can sign in. */
  readonly requiredRoles: readonly string[]
}

export interface PortalStore extends Collection<Portal> {}
