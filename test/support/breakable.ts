import { Unavailable } from '../../src/errors.ts'
import { type OpenStores, openStores } from '../../src/stores/open.ts'

const registry = [
  'sources',
  'clients',
  'consents',
  'accounts',
  'localUsers',
  'roles',
  'apis',
  'keys',
  'audit',
  'traces',
]

/** Real stores, whose connection can be cut: then each of them rejects as a store does that nobody reaches. */
export function breakableStores() {
  let down = false
  let registryDown = false
  let last: string | undefined
  let first: string | undefined
  let lost: string | undefined
  const cut = <T extends object>(store: T, isDown: () => boolean): T =>
    new Proxy(store, {
      get(target, name, receiver) {
        const member: unknown = Reflect.get(target, name, receiver)
        if (typeof member !== 'function') return member
        return async (...args: unknown[]) => {
          // What is given back on the way out comes through: the store is only away for a moment.
          if (name === first) down = true
          if (isDown() && name !== 'release') throw noConnection()
          const answer: unknown = await member.apply(target, args)
          if (name === last) down = true
          if (name === lost) throw noConnection()
          return answer
        }
      },
    })

  const noConnection = () => new Unavailable('store', 'the connection is cut')
  const noRegistry = () => down || registryDown

  return {
    async open(needs: Parameters<OpenStores>[0]) {
      const stores = await openStores(needs)
      const entries = Object.entries(stores).map(([name, store]) => [
        name,
        typeof store === 'object' && !Array.isArray(store)
          ? cut(store, registry.includes(name) ? noRegistry : () => down)
          : store,
      ])
      const transact: typeof stores.transact = (work) =>
        noRegistry() ? Promise.reject(noConnection()) : stores.transact(work)
      const registryVersion = () => (noRegistry() ? Promise.reject(noConnection()) : stores.registryVersion())
      const versionAtOnce = () => (noRegistry() ? undefined : stores.versionAtOnce())
      return { ...stores, ...(Object.fromEntries(entries) as typeof stores), transact, registryVersion, versionAtOnce }
    },
    cut: () => {
      down = true
    },
    /** The registry alone; the live state still answers. */
    cutRegistry: () => {
      registryDown = true
    },
    /** From the next call of this name on, once that has been answered. */
    cutAfter: (method: string) => {
      last = method
    },
    /** From the next call of this name on, that one included. */
    cutAt: (method: string) => {
      first = method
    },
    /** Calls of this name are done, and nobody is told. */
    loseAnswersOf: (method: string) => {
      lost = method
    },
    mend: () => {
      down = false
      registryDown = false
      last = undefined
      first = undefined
      lost = undefined
    },
  }
}
