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

/**
 * Why the proof is none that the caller holds the key with this thumbprint; `undefined`: it is one, and counts no second
 * time on any node. Rejects with `Unavailable` when that could not be told.
 */
export type CheckDpop = (call: ProvenCall, thumbprint: string) => Promise<ReasonCode | undefined>

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
  const isFresh = ({ iat }: DpopProof) => Math.abs(seconds(clock()) - iat) <= window

  /** Last of all: only who holds the key of a good token leaves anything behind, and each proof for a minute or two. */
  async function isFirst({ thumbprint, jti, iat }: DpopProof): Promise<boolean> {
    const key = digest(JSON.stringify(['dpop', thumbprint, jti]))
    // Another node's clock may be behind ours by as much again.
    return (await counts.count(key, Math.ceil(iat + window + clockTolerance) * 1000)) === 1
  }

  return async ({ token, proof: text, method, urls }, thumbprint) => {
    if (text === undefined) return 'dpop_proof_missing'
    const proof = await readDpopProof(text)
    if (!proof) return 'dpop_proof_invalid'
    if (proof.thumbprint !== thumbprint) return 'token_binding_unproven'
    const isForThis = proof.htm === method && urls.some((url) => isSame(url, proof.htu))
    if (!isForThis || proof.ath !== digest(token)) return 'dpop_proof_mismatch'
    if (!isFresh(proof)) return 'dpop_proof_stale'
    return (await isFirst(proof)) ? undefined : 'dpop_proof_replayed'
  }
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
