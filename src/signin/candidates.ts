/** Which sources a person on the way to a client may prove who they are at. */
import { domainToASCII } from 'node:url'
import type { Client } from '../clients/client.ts'
import { isPresented } from '../connector.ts'
import type { Interaction } from '../interaction.ts'
import type { Source, SourceStore } from '../sources/source.ts'

/** What people can still look through; beyond it an e-mail address or a hint leads the way. */
const mostOffered = 30

export interface Candidates {
  readonly offered: readonly Source[]
  /** The one that a hint names, if it applies; a hint that names none is no reason to refuse anybody. */
  readonly named: Source | undefined
  /** Whether an e-mail address can lead to a source that is not among those offered. */
  readonly discoverable: boolean
}

type Store = Pick<SourceStore, 'offered' | 'byAlias' | 'byDomain' | 'anyDomain' | 'get'>

export async function findCandidates(
  sources: Store,
  client: Client,
  params: Interaction['params'],
): Promise<Candidates> {
  const allowed = client.allowedSources ?? undefined
  const [offered, named] = await Promise.all([
    sources.offered(mostOffered, allowed),
    findNamed(sources, client, params),
  ])
  // A client's single source needs no choosing, hidden or not.
  const [only, ...others] = allowed ?? []
  const single = offered.length === 0 && only !== undefined && others.length === 0 ? await sources.get(only) : undefined
  if (single?.enabled && !isPresented(single)) return { offered: [single], named, discoverable: false }
  const known = offered.map(({ id }) => id)
  return { offered, named, discoverable: await sources.anyDomain(known, allowed) }
}

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
