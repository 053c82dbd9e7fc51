/** Whether a call with a token comes from whoever holds the key that the token is bound to (RFC 9449 §4.3, §7.1). */
import { type Clock, seconds } from '../../clock.ts'
import { digest } from '../../ids.ts'
import type { ReasonCode } from '../../reasons.ts'
import { type DpopProof, readDpopProof } from './dpop-proof.ts'

/** A call as it was sent. */
export interface ProvenCall {
  readonly token: string
  /** As it came, unless it came more than once, or not at all. */
  readonly proof: string | undefined
  readonly method: string | undefined
  /** Under any of which it may have been sent. */
  readonly urls: readonly string[]
}

export interface Unproven {
  readonly unproven: ReasonCode
  /** For whoever has made the proof, and whoever looks after the gateway: no more of an address than its origin. */
  readonly detail?: string
}

/**
 * Why the proof is none that the caller holds the key with this thumbprint; `undefined`: it is one, and counts no second
 * time on any node. Rejects with `Unavailable` when that could not be told.
 */
export type CheckDpop = (call: ProvenCall, thumbprint: string) => Promise<Unproven | undefined>

interface Needs {
  readonly counts: {
    /** Adds one and answers how many there are, on all nodes; forgets them in time (milliseconds). */
    count(key: string, expiresAt: number): Promise<number>
  }
  readonly clock: Clock
  /** Seconds by which the caller's clock may be off. */
  readonly clockTolerance: number
}

/** Seconds between making a proof and its arrival: long enough for any way it takes, too short to be worth stealing. */
const lifetime = 60

export function createCheckDpop({ counts, clock, clockTolerance }: Needs): CheckDpop {
  const window = lifetime + clockTolerance
  /** Last of all: only who holds the key of a good token leaves anything behind, and each proof for a minute or two. */
  async function isFirst({ thumbprint, jti, iat }: DpopProof): Promise<boolean> {
    const key = digest(JSON.stringify(['dpop', thumbprint, jti]))
    // Another node's clock may be behind ours by as much again.
    return (await counts.count(key, Math.ceil(iat + window + clockTolerance) * 1000)) === 1
  }

  return async (call, thumbprint) => {
    if (call.proof === undefined) return { unproven: 'dpop_proof_missing' }
    const proof = await readDpopProof(call.proof)
    if (!proof) return { unproven: 'dpop_proof_invalid' }
    if (proof.thumbprint !== thumbprint) return { unproven: 'token_binding_unproven' }
    const other = mismatch(proof, call)
    if (other) return { unproven: 'dpop_proof_mismatch', detail: other }
    const age = seconds(clock()) - proof.iat
    if (age > window || age < -clockTolerance)
      return { unproven: 'dpop_proof_stale', detail: `iat is ${Math.abs(age)} seconds ${age > 0 ? 'ago' : 'ahead'}.` }
    return (await isFirst(proof)) ? undefined : { unproven: 'dpop_proof_replayed' }
  }
}

/** What the proof was not made for. */
function mismatch({ htm, htu, ath }: DpopProof, { token, method, urls }: ProvenCall): string | undefined {
  if (htm !== method) return `htm is not ${method}, as which the call came.`
  const origins = urls.map((url) => URL.parse(url)?.origin ?? '')
  if (!origins.includes(URL.parse(htu)?.origin ?? '-'))
    return `htu is not at ${origins.join(' or ')}, where the call came.`
  if (!urls.some((url) => isSame(url, htu))) return 'htu is another path than that of the call.'
  return ath === digest(token) ? undefined : 'ath is not of this token.'
}

/** But for query and fragment, in whatever spelling (RFC 3986 §6.2.2, §6.2.3). */
function isSame(url: string, other: string): boolean {
  const plain = plainUrl(url)
  return plain !== undefined && plain === plainUrl(other)
}

function plainUrl(text: string): string | undefined {
  const url = URL.parse(text)
  if (!url) return undefined
  url.search = ''
  url.hash = ''
  return url.href.replaceAll(/%[0-9a-f]{2}/gi, (byte) => byte.toUpperCase())
}
