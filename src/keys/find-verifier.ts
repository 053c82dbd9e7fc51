import type { KeyObject } from 'node:crypto'
import { after, type Soon } from '../soon.ts'

interface Needs {
  /** By kid; asked anew each time, since keys rotate. */
  readonly verifiers: () => ReadonlyMap<string, KeyObject>
  /** Brings them up to the registry's; however many ask at once, that is rarely done. */
  readonly catchUp: () => Soon<void>
}

/** The key of that name, looked up in the registry before it is said that there is none. Rejects with `Unavailable`. */
export type FindVerifier = (kid: string) => Soon<KeyObject | undefined>

// RFC 7638 with SHA-256: no key of ours is called anything else.
const thumbprint = /^[\w-]{43}$/

/** A key that is unknown here may be one that another node made a moment ago: its tokens are as good as ours. */
export function createFindVerifier({ verifiers, catchUp }: Needs): FindVerifier {
  return (kid) => {
    const known = verifiers().get(kid)
    if (known || !thumbprint.test(kid)) return known
    return after(catchUp(), () => verifiers().get(kid))
  }
}
