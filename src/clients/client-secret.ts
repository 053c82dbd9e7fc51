/** What is kept of a client's secret: enough to know it again, and never the secret itself. */
import { hash, timingSafeEqual } from 'node:crypto'
import { newSecret } from '../ids.ts'

export interface ClientSecret {
  /** {@link secretDigest} */
  readonly digest: string
  /** Milliseconds. */
  readonly createdAt: number
  /** Milliseconds, from which on it is worth nothing; `null`: it is the one in use. */
  readonly expiresAt: number | null
}

/** Of a random secret nobody finds the way back; one that was chosen is as good as it was chosen. */
export const secretDigest = (secret: string): string => `sha256:${hash('sha256', secret, 'base64url')}`

/** By which the uses of a secret are noted: says nothing of it. */
export const secretName = ({ digest }: Pick<ClientSecret, 'digest'>): string =>
  hash('sha256', digest, 'base64url').slice(0, 16)

/** A secret as somebody shows it, or what is compared of it, for who looks more than once. */
export type ShownSecret = string | Buffer

export const comparable = (shown: ShownSecret): Buffer =>
  typeof shown === 'string' ? Buffer.from(secretDigest(shown)) : shown

/** The one that was shown, in the same time whatever they have in common. Without secrets it takes no less. */
export function matchingSecret(
  secrets: readonly ClientSecret[],
  shown: ShownSecret,
  now: number,
): ClientSecret | undefined {
  const digest = comparable(shown)
  let found: ClientSecret | undefined
  for (const secret of secrets.length > 0 ? secrets : [nobodys]) {
    const isSame = timingSafeEqual(digest, Buffer.from(secret.digest))
    if (isSame && secret !== nobodys && (secret.expiresAt === null || secret.expiresAt > now)) found = secret
  }
  return found
}

const nobodys: ClientSecret = { digest: secretDigest(newSecret()), createdAt: 0, expiresAt: null }

/** A secret that was given, or one that is made, beside what is kept of it. */
export function anotherSecret(now: number, given?: string) {
  const secret = given ?? newSecret()
  return { secret, kept: { digest: secretDigest(secret), createdAt: now, expiresAt: null } satisfies ClientSecret }
}

/**
 * What a client has after a change: none when it needs none, those it had, the one that is given, or one that is made.
 * `made` is known this once.
 */
export function secretsAfter(
  needed: boolean,
  before: readonly ClientSecret[],
  now: number,
  given?: string,
): { readonly secrets: readonly ClientSecret[]; readonly newSecret?: string } {
  if (!needed) return { secrets: [] }
  const isKnown = given !== undefined && before[0]?.digest === secretDigest(given)
  if (before.length > 0 && (given === undefined || isKnown)) return { secrets: before }
  const { secret, kept } = anotherSecret(now, given)
  return { secrets: [kept], newSecret: secret }
}
