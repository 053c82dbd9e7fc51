/** The authentication sources that an API names, as they are now. */
import type { Api, ApiSource } from '../apis/api.ts'
import type { Clock } from '../clock.ts'
import { after, all, type Soon } from '../soon.ts'
import type { Source, SourceStore } from '../sources/source.ts'
import type { MarkStore } from '../tokens/liveness.ts'
import type { Reading } from './reader.ts'

export interface Listed {
  readonly source: Source
  /** What the API says of it. */
  readonly entry: ApiSource
}

export interface ListedSources {
  /** In the API's order, as far as memory knows them. */
  of(api: Api): Soon<readonly Listed[]>
  /** Why nobody who comes through it is even looked at; `undefined`: nothing. */
  closed(listed: Listed): Reading | undefined
  /** The source as it is in the registry, if any node can have switched it off lately; rejects with `Unavailable`. */
  now(source: Source): Promise<Source | undefined>
}

interface Needs {
  /** Out of memory. */
  readonly known: { get(id: string): Soon<Source | undefined> }
  readonly stored: Pick<SourceStore, 'get'>
  readonly marks: Pick<MarkStore, 'blockedAt'>
  readonly clock: Clock
}

export const createListedSources = ({ known, stored, marks, clock }: Needs): ListedSources => ({
  of({ authenticationSources }) {
    const looks = authenticationSources.map((entry) =>
      after(known.get(entry.sourceId), (source) => (source ? [{ entry, source }] : [])),
    )
    return after(all(looks), (found) => found.flat())
  },

  closed({ source, entry }) {
    const about = { source: source.alias }
    if (!source.enabled) return { kind: 'no', reason: 'source_disabled', about }
    if (entry.sunset !== null && entry.sunset <= clock())
      return { kind: 'no', reason: 'api_source_sunset', forbidden: true, about }
    return undefined
  },

  // The mark is there before the change is. It stays for a while, whatever became of the source since.
  now: async (source) => ((await marks.blockedAt('source', source.alias)) === null ? source : stored.get(source.id)),
})
