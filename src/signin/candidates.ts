/** Which sources a person on the way to a client may prove who they are at. */
import { domainToASCII } from 'node:url'
import type { Client } from '../clients/client.ts'
import { isPresented } from '../connector.ts'
import type { Interaction } from '../interaction.ts'
import type { Source, SourceStore } from '../sources/source.ts'

/** What people can still look through. Where there are more, they look for theirs by name, and some are shown. */
const mostOffered = 30
const someOffered = 10

export interface Candidates {
  readonly offered: readonly Source[]
  /** Whether there are more than those. */
  readonly more: boolean
  /** The one that a hint names, if it applies; a hint that names none is no reason to refuse anybody. */
  readonly named: Source | undefined
  /** Whether an e-mail address can lead to a source that is not among those offered. */
  readonly discoverable: boolean
}

type Store = Pick<SourceStore, 'offered' | 'offeredLike' | 'byAlias' | 'byDomain' | 'anyDomain' | 'get'>

/** @param lastUsed The alias of the source that this browser came through last. */
export async function findCandidates(
  sources: Store,
  client: Client,
  params: Interaction['params'],
  lastUsed?: string,
): Promise<Candidates> {
  const allowed = client.allowedSources ?? undefined
  const [first, named] = await Promise.all([
    sources.offered(mostOffered + 1, allowed),
    findNamed(sources, client, params),
  ])
  const more = first.length > mostOffered
  const offered = (more ? await someOf(sources, client, first, lastUsed) : first).toSorted(byName)
  // A client's single source needs no choosing, hidden or not.
  const [only, ...others] = allowed ?? []
  const single = offered.length === 0 && only !== undefined && others.length === 0 ? await sources.get(only) : undefined
  if (single?.enabled && !isPresented(single)) return { offered: [single], more, named, discoverable: false }
  const known = offered.map(({ id }) => id)
  return { offered, more, named, discoverable: await sources.anyDomain(known, allowed) }
}

/**
 * Whatever the others are called, the way that was taken last is among them, and so are those with a password: else
 * nobody would get into the console any more to give the others better names.
 */
async function someOf(
  sources: Store,
  client: Client,
  first: readonly Source[],
  lastUsed: string | undefined,
): Promise<readonly Source[]> {
  const [last, local] = await Promise.all([
    lastUsed === undefined ? undefined : sources.byAlias(lastUsed),
    sources.offered(someOffered, client.allowedSources ?? undefined, 'local'),
  ])
  const known = last && !last.hidden ? applicable(last, client) : undefined
  const some = [...(known ? [known] : []), ...local, ...first]
  return [...new Map(some.map((source) => [source.id, source])).values()].slice(0, someOffered)
}

/** Those of the offered ones that have what was typed in their names. */
export async function lookForSources(
  sources: Pick<SourceStore, 'offeredLike'>,
  client: Client,
  text: string,
): Promise<{ readonly found: readonly Source[]; readonly more: boolean }> {
  const first = await sources.offeredLike(text, mostOffered + 1, client.allowedSources ?? undefined)
  return { found: first.slice(0, mostOffered).toSorted(byName), more: first.length > mostOffered }
}

const collator = new Intl.Collator('en', { numeric: true })

/** As people count: the second before the tenth. */
const byName = (one: Source, other: Source): number => collator.compare(one.name, other.name)

/** The first hint that names a source which applies: an alias before an e-mail address or domain. */
async function findNamed(sources: Store, client: Client, params: Interaction['params']): Promise<Source | undefined> {
  for (const alias of [params.idp_hint, params.kc_idp_hint]) {
    const named = alias === undefined ? undefined : applicable(await sources.byAlias(alias), client)
    if (named) return named
  }
  for (const address of [params.domain_hint, params.login_hint]) {
    const named = await findByAddress(sources, client, address)
    if (named) return named
  }
  return undefined
}

/** `address` is an e-mail address or a domain; anything else finds nothing. */
export async function findByAddress(
  sources: Pick<SourceStore, 'byDomain'>,
  client: Client,
  address: string | undefined,
): Promise<Source | undefined> {
  const domain = domainToASCII(address?.slice(address.lastIndexOf('@') + 1).trim() ?? '').toLowerCase()
  return domain.includes('.') ? applicable(await sources.byDomain(domain), client) : undefined
}

/** The source, if it is on, people sign in through it, and the client lets its people do so. */
export function applicable(source: Source | undefined, { allowedSources }: Client): Source | undefined {
  return source?.enabled && !isPresented(source) && (allowedSources === null || allowedSources.includes(source.id))
    ? source
    : undefined
}
