import { timingSafeEqual } from 'node:crypto'
import type { Clock } from '../clock.ts'
import { digest } from '../ids.ts'
import type { ReasonCode } from '../reasons.ts'
import { after, type Soon } from '../soon.ts'
import type { ApiKey, ApiKeyStore } from './api-key.ts'
import type { Application } from './application.ts'
import { readKey } from './key-text.ts'
import type { LastUsed } from './last-used.ts'

export type ApiKeyAnswer =
  | { readonly ok: true; readonly application: Application; readonly apiKey: ApiKey }
  | { readonly ok: false; readonly reason: ReasonCode }

/**
 * Whose key it is and whether it opens the API now. `undefined`: it is no key of ours, ask somebody else. Fails with
 * `Unavailable` when it cannot tell. One round trip; none for what cannot be a key.
 */
export type CheckApiKey = (key: string, apiId: string) => Soon<ApiKeyAnswer | undefined>

interface Needs {
  readonly apiKeys: Pick<ApiKeyStore, 'byPrefix'>
  readonly lastUsed: Pick<LastUsed, 'note'>
  readonly clock: Clock
}

export function createCheckApiKey({ apiKeys, lastUsed, clock }: Needs): CheckApiKey {
  return (text, apiId) => {
    const read = readKey(text)
    if (!read) return undefined
    if (read === 'mistyped') return no('api_key_mistyped')
    return after(apiKeys.byPrefix(read.prefix), (known) => {
      if (!known || !sameText(known.key.digest, digest(text))) return no('api_key_unknown')
      const { key, application } = known
      const problem = keyProblem(known, apiId, clock())
      if (problem) return no(problem)
      lastUsed.note(key)
      return { ok: true, application, apiKey: key }
    })
  }
}

/** What stands against a key that is genuine, at this API and now. */
export function keyProblem(
  { key, application }: { readonly key: ApiKey; readonly application: Application },
  apiId: string,
  now: number,
): ReasonCode | undefined {
  if (key.expiresAt !== null && key.expiresAt <= now) return 'api_key_expired'
  if (application.disabledByPublisher) return 'application_disabled_by_publisher'
  if (application.disabledByConsumer) return 'application_disabled_by_consumer'
  return key.apiId === apiId ? undefined : 'api_key_wrong_api'
}

const no = (reason: ReasonCode): ApiKeyAnswer => ({ ok: false, reason })

/** Both are digests, and so of one length. */
const sameText = (one: string, other: string): boolean => timingSafeEqual(Buffer.from(one), Buffer.from(other))
