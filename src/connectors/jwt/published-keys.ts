/**
 * The keys that an issuer publishes, kept while it is away. One look at a time, and never more often than a rest
 * apart, however many tokens name keys that nobody has: strangers choose what a token names.
 */
import { z } from 'zod'
import type { Clock } from '../../clock.ts'
import { SourceProblem } from '../../connector.ts'
import { type Fetch, fetched, withoutQuery } from '../upstream-fetch.ts'
import { Jwks, readPublished, type VerifyingKey } from './keys.ts'

/** Milliseconds. */
const freshFor = 10 * 60_000
/** What was read last is believed while it cannot be read again. */
const believedFor = 24 * 3_600_000
const rest = 60_000
const restAfterFailure = 5_000
const discoveredFor = 3_600_000
const unknownFor = 3 * 60_000
const mostUnknown = 1_000

interface Needs {
  readonly issuer: string
  /** Absent: the discovery document names it. */
  readonly jwksUri: string | undefined
  readonly fetch: Fetch
  readonly insecure: boolean
  readonly clock: Clock
  /** Told when they could not be read again and the old ones go on. */
  readonly onStale: (error: unknown) => void
}

export interface PublishedKeys {
  /**
   * Those among the keys that `find` finds. Where that is none, the keys are read again before it is said, unless they
   * have just been. `name` is what is looked for. Rejects with a {@link SourceProblem} when it cannot tell.
   */
  find<T>(name: string, find: (keys: readonly VerifyingKey[]) => readonly T[]): Promise<readonly T[]>
  /** Those that are believed now. Rejects with a {@link SourceProblem} when there are none. */
  current(): Promise<readonly VerifyingKey[]>
  /** Reads them now. Rejects with a {@link SourceProblem}. */
  read(): Promise<readonly VerifyingKey[]>
}

export function createPublishedKeys(needs: Needs): PublishedKeys {
  const { fetch, clock, onStale } = needs
  let keys: readonly VerifyingKey[] = []
  let readAt = Number.NEGATIVE_INFINITY
  let triedAt = Number.NEGATIVE_INFINITY
  let failure: unknown
  let reading: Promise<readonly VerifyingKey[]> | undefined
  let discovered: { readonly uri: string; readonly at: number } | undefined
  /** Until when it is said of a name, without looking, that no key has it. */
  const unknown = new Map<string, number>()

  async function address(): Promise<string> {
    if (needs.jwksUri !== undefined) return needs.jwksUri
    if (!discovered || clock() - discovered.at >= discoveredFor)
      discovered = { uri: await discover(needs), at: clock() }
    return discovered.uri
  }

  async function readNow(): Promise<readonly VerifyingKey[]> {
    triedAt = clock()
    try {
      const uri = await address()
      const response = await fetched(fetch, uri, { headers: { accept: 'application/json' } })
      const parsed = Jwks.safeParse(await response.json().catch(() => undefined))
      if (!parsed.success) throw new SourceProblem('MISSING_JWKS', `${withoutQuery(uri)} is no JSON Web Key Set`)
      keys = readPublished(parsed.data)
      readAt = clock()
      failure = undefined
      return keys
    } catch (error) {
      failure = error
      // The address may be what is wrong.
      discovered = undefined
      throw error
    }
  }

  function read(): Promise<readonly VerifyingKey[]> {
    reading ??= readNow().finally(() => {
      reading = undefined
    })
    return reading
  }

  const isResting = (): boolean => clock() - triedAt < (failure === undefined ? rest : restAfterFailure)

  async function current(): Promise<readonly VerifyingKey[]> {
    const age = clock() - readAt
    if (age >= believedFor) {
      if (failure !== undefined && isResting()) throw failure
      return read()
    }
    // Whoever asks now is served from what is known.
    if (age >= freshFor && !isResting()) read().catch(onStale)
    return keys
  }

  function remember(name: string): void {
    unknown.delete(name)
    unknown.set(name, clock() + unknownFor)
    if (unknown.size > mostUnknown) unknown.delete(unknown.keys().next().value ?? '')
  }

  return {
    read,
    current,

    async find(name, find) {
      const found = find(await current())
      if (found.length > 0 || clock() < (unknown.get(name) ?? 0)) return found
      // The one that is looked for may be among what could not be read.
      if (!reading && isResting() && failure !== undefined) throw failure
      // Soon, it can be looked for: until then nobody has it.
      if (!reading && isResting()) return found
      await read()
      const foundNow = find(keys)
      if (foundNow.length === 0) remember(name)
      return foundNow
    },
  }
}

const Metadata = z.object({ issuer: z.string(), jwks_uri: z.url({ protocol: /^https?$/ }) })

async function discover({ issuer, fetch, insecure }: Needs): Promise<string> {
  // OpenID Connect Discovery §4.1: a terminating slash is taken off before the path is put on.
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  const response = await fetched(fetch, url, { headers: { accept: 'application/json' } })
  const document: unknown = await response.json().catch((cause: unknown) => {
    throw new SourceProblem('COULD_NOT_PARSE_CONFIG', `${url} is no JSON document`, { cause })
  })
  const parsed = Metadata.safeParse(document)
  if (!parsed.success) {
    const members = parsed.error.issues.map(({ path }) => path.join('.') || 'the whole')
    const code = members.join() === 'jwks_uri' ? 'MISSING_JWKS' : 'COULD_NOT_PARSE_CONFIG'
    throw new SourceProblem(code, `${url}: missing or wrong: ${members.join(', ')}`)
  }
  // OpenID Connect Discovery §4.3: exactly, as a string.
  if (parsed.data.issuer !== issuer) {
    const found = parsed.data.issuer.replace(/\p{C}/gu, '').slice(0, 200)
    throw new SourceProblem('ISSUER_MISMATCH', `The issuer calls itself ${found}, not ${issuer}`)
  }
  if (parsed.data.jwks_uri.startsWith('http:') && !insecure)
    throw new SourceProblem('COULD_NOT_PARSE_CONFIG', `${url}: jwks_uri must begin with https://`)
  return parsed.data.jwks_uri
}
