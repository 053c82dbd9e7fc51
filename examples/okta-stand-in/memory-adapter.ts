import type { Adapter, AdapterPayload } from 'oidc-provider'

/** Everything the stand-in remembers, for as long as it runs. Enough for two people, and for nothing else. */
export function createMemoryAdapter(): (model: string) => Adapter {
  const kept = new Map<string, { readonly payload: AdapterPayload; readonly expiresAt: number }>()

  return (model) => {
    const read = (id: string) => {
      const found = kept.get(`${model}:${id}`)
      return found && found.expiresAt > Date.now() ? found.payload : undefined
    }
    return {
      async upsert(id, payload, expiresIn = Infinity) {
        kept.set(`${model}:${id}`, { payload, expiresAt: Date.now() + expiresIn * 1000 })
      },
      find: async (id) => read(id),
      async findByUid(uid) {
        const ids = [...kept.keys()]
          .filter((key) => key.startsWith(`${model}:`))
          .map((key) => key.slice(model.length + 1))
        return ids.map(read).find((payload) => payload?.uid === uid)
      },
      findByUserCode: async () => undefined,
      async consume(id) {
        const payload = read(id)
        if (payload) payload.consumed = Math.floor(Date.now() / 1000)
      },
      async destroy(id) {
        kept.delete(`${model}:${id}`)
      },
      async revokeByGrantId(grantId) {
        for (const [key, { payload }] of kept) if (payload.grantId === grantId) kept.delete(key)
      },
    }
  }
}
