import { Unavailable } from '../../src/errors.ts'
import { openSqlStores } from '../../src/stores/sql/open.ts'

/** Real stores, whose connection can be cut: then each of them rejects as a store does that nobody reaches. */
export function breakableStores() {
  let down = false
  const cut = <T extends object>(store: T): T =>
    new Proxy(store, {
      get(target, name, receiver) {
        const member: unknown = Reflect.get(target, name, receiver)
        if (typeof member !== 'function') return member
        return (...args: unknown[]) =>
          down ? Promise.reject(new Unavailable('store', 'the connection is cut')) : member.apply(target, args)
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
    mend: () => {
      down = false
    },
  }
}
