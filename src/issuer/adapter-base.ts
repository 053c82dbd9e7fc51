import type { Adapter } from 'oidc-provider'
import type { Clock } from '../clock.ts'
import { digest } from '../ids.ts'
import type { ArtifactKind, ArtifactStore } from './artifact-store.ts'
import { later } from './pending-writes.ts'

export interface ArtifactNeeds {
  readonly artifacts: ArtifactStore
  readonly clock: Clock
}

const unsupported = (what: string) => async (): Promise<never> => {
  throw new Error(`${what} is not kept by this server`)
}

/** Fills what a model never uses, loudly. */
export const adapter = (methods: Partial<Adapter>): Adapter => ({
  upsert: unsupported('This record'),
  find: unsupported('This record'),
  findByUid: unsupported('A record by uid'),
  findByUserCode: unsupported('A user code'),
  consume: unsupported('A consumable record'),
  destroy: unsupported('This record'),
  // Grants are the index of what hangs on them: without the grant nothing is alive, so nothing else need be found.
  revokeByGrantId: async () => {},
  ...methods,
})

/** The id is the secret itself: it is kept as its digest only, and given back to whoever brings it. */
export function artifactAdapter({ artifacts, clock }: ArtifactNeeds, kind: ArtifactKind): Adapter {
  return adapter({
    async upsert(id, { jti: _secret, ...payload }, expiresIn = 0) {
      const expiresAt = clock() + expiresIn * 1000
      await later(() => artifacts.put(kind, digest(id), payload, expiresAt))
    },
    async find(id) {
      const found = await artifacts.get(kind, digest(id))
      return found && { ...found.payload, jti: id }
    },
    async destroy(id) {
      await later(() => artifacts.remove(kind, digest(id)))
    },
  })
}
