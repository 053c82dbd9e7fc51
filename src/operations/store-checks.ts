import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '../clock.ts'
import type { StoreHealth } from './store-health.ts'

/** Milliseconds that a store has for its answer, and that the answer counts for. */
const patience = 800
const kept = 1000

export interface Finding {
  /** In words for everybody. */
  readonly problem?: string
  /** For the log. */
  readonly cause?: unknown
  /** Milliseconds that this process's clock is surely ahead of the store's; negative: behind. */
  readonly ahead: number
}

/**
 * Asks a store how it is, at most once a second however many want to know, and never while it still owes an answer.
 * Never rejects, and never takes longer than a second.
 */
export function createStoreCheck(store: StoreHealth, clock: Clock): () => Promise<Finding> {
  let owed: Promise<Finding> | undefined
  let asked = Number.NEGATIVE_INFINITY
  let answer: Promise<Finding> | undefined

  return () => {
    const now = performance.now()
    if (answer && now - asked < kept) return answer
    asked = now
    owed ??= look(store, clock).finally(() => {
      owed = undefined
    })
    answer = soon(owed)
    return answer
  }
}

async function look(store: StoreHealth, clock: Clock): Promise<Finding> {
  const before = clock()
  try {
    const { problem, time } = await store.check()
    return { ahead: time === undefined ? 0 : difference(before, time, clock()), ...(problem && { problem }) }
  } catch (cause) {
    return { problem: 'does not answer', cause, ahead: 0 }
  }
}

/** The store read its clock at some moment between two of ours: only what no such moment explains counts. */
function difference(before: number, time: number, after: number): number {
  if (time < before) return before - time
  return time > after ? after - time : 0
}

async function soon(finding: Promise<Finding>): Promise<Finding> {
  const giveUp = new AbortController()
  const silence = delay(patience, { problem: 'does not answer in time', ahead: 0 }, { signal: giveUp.signal })
  silence.catch(() => {}) // It is given up once it is not waited for any more.
  try {
    return await Promise.race([finding, silence])
  } finally {
    giveUp.abort()
  }
}
