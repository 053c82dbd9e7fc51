/** Which API owns an address: by host, then by the longest path, out of what the node knows of the registry. */
import { canonicalHost, isBelow, requestPath } from '../apis/addresses.ts'
import type { Api } from '../apis/api.ts'
import { after, type Soon } from '../soon.ts'

export interface FindApi {
  /** `'ambiguous'`: programs could differ over whose it is. `undefined`: nobody's. Fails with `Unavailable`. */
  byAddress(host: string, target: string): Soon<Api | 'ambiguous' | undefined>
  bySlug(slug: string): Soon<Api | undefined>
}

interface Index {
  readonly of: readonly Api[]
  /** Those with the longest paths first. */
  readonly byHost: ReadonlyMap<string, readonly Api[]>
  readonly bySlug: ReadonlyMap<string, Api>
}

const mostHosts = 1000

/** `apis` answers out of memory, with the same list for as long as nothing has changed. */
export function createFindApi({ apis }: { readonly apis: { some(which: '*'): Soon<readonly Api[]> } }): FindApi {
  let known: Index | undefined
  // Few are asked for, and whoever asks for others has each looked at.
  const hosts = new Map<string, string>()

  function hostOf(text: string): string | undefined {
    const before = hosts.get(text)
    if (before !== undefined) return before
    const host = canonicalHost(text)
    if (hosts.size >= mostHosts) hosts.clear()
    if (host !== undefined) hosts.set(text, host)
    return host
  }

  const index = (): Soon<Index> =>
    after(apis.some('*'), (all) => {
      if (known?.of !== all) known = indexOf(all)
      return known
    })

  function nearestIn({ byHost }: Index, host: string, path: string): Api | 'ambiguous' | undefined {
    const lower = path.toLowerCase()
    // An API that names a port is asked for at this one only; one that names none at every port.
    const nearest = nearestTo(byHost.get(host), lower) ?? nearestTo(byHost.get(host.replace(/:\d+$/, '')), lower)
    // Where the backend does not tell capitals apart, /ADMIN is not what lies outside of /admin.
    return nearest && !isBelow(nearest.pathPrefix, path) ? 'ambiguous' : nearest
  }

  return {
    byAddress(text, target) {
      const host = hostOf(text)
      const path = requestPath(target.split('?', 1)[0] ?? '')
      if (host === undefined || path === undefined) return 'ambiguous'
      return after(index(), (known) => nearestIn(known, host, path))
    },

    bySlug: (slug) => after(index(), ({ bySlug }) => bySlug.get(slug)),
  }
}

const nearestTo = (apis: readonly Api[] | undefined, lower: string): Api | undefined =>
  apis?.find(({ pathPrefix }) => isBelow(pathPrefix.toLowerCase(), lower))

function indexOf(all: readonly Api[]): Index {
  const byHost = new Map<string, Api[]>()
  for (const api of all) for (const host of api.hosts) byHost.set(host, [...(byHost.get(host) ?? []), api])
  for (const some of byHost.values()) some.sort((a, b) => b.pathPrefix.length - a.pathPrefix.length)
  return { of: all, byHost, bySlug: new Map(all.map((api) => [api.slug, api])) }
}
