import { Unavailable } from '../../src/errors.ts'
import { openSqlStores } from '../../src/stores/sql/open.ts'

/** Real stores, whose connection can be cut: then each of them rejects as a store does that nobody reaches. */
export function breakableStores() {
  let down = false
  let last: string | undefined
  const cut = <T extends object>(store: T): T =>
    new Proxy(store, {
      get(target, name, receiver) {
        const member: unknown = Reflect.get(target, name, receiver)
        if (typeof member !== 'function') return member
        return async (...args: unknown[]) => {
          // What is given back on the way out comes through: the store is only away for a moment.
          if (down && name !== 'release') throw new Unavailable('store', 'the connection is cut')
          const answer: unknown = await member.apply(target, args)
          if (name === last) down = true
          return answer
        }
      },
    })

  return {
    async open(needs: Parameters<typeof openSqlStores>[0]) {
      const stores = await openSqlStores(needs)
      const entries = Object.entries(stores).map(([name, store]) => [
        name,
        typeof store === 'object' ? cut(store) : store,
      ])
      const transact: typeof stores.transact = (work) =>
        down ? Promise.reject(new Unavailable('store', 'the connection is cut')) : stores.transact(work)
      return { ...stores, ...(Object.fromEntries(entries) as typeof stores), transact }
    },
    cut: () => {
      down = true
    },
    /** From the next call of this name on, once that has been answered. */
    cutAfter: (method: string) => {
      last = method
    },
    mend: () => {
      down = false
      last = undefined
    },
  }
}
