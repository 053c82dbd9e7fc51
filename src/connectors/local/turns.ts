import { Unavailable } from '../../errors.ts'

interface Limits {
  /** At a time. */
  readonly concurrency: number
  /** How many wait besides; the rest are told to come back. */
  readonly queue: number
  /** Of both together, how many may be anybody's own; absent: all of them. */
  readonly each?: number
}

export interface Turns {
  /** Rejects with `Unavailable` when too many wait, or too many of `whose`. */
  turn<T>(work: () => Promise<T>, whose?: string): Promise<T>
  load(): { readonly running: number; readonly waiting: number }
}

export function createTurns({ concurrency, queue, each = concurrency + queue }: Limits): Turns {
  const waiting: (() => void)[] = []
  /** Of those who are here, so that it is never longer than both limits together. */
  const here = new Map<string, number>()
  let running = 0

  async function come(): Promise<void> {
    if (running < concurrency) running += 1
    else if (waiting.length >= queue) throw tooMany()
    else await new Promise<void>((go) => waiting.push(go))
  }

  function leave(): void {
    const next = waiting.shift()
    if (next) next()
    else running -= 1
  }

  function count(whose: string, change: 1 | -1): void {
    const left = (here.get(whose) ?? 0) + change
    if (left === 0) here.delete(whose)
    else here.set(whose, left)
  }

  return {
    async turn(work, whose = '') {
      if ((here.get(whose) ?? 0) >= each) throw tooMany()
      count(whose, 1)
      try {
        await come()
        try {
          return await work()
        } finally {
          leave()
        }
      } finally {
        count(whose, -1)
      }
    },
    load: () => ({ running, waiting: waiting.length }),
  }
}

const tooMany = () => new Unavailable('local', 'too many passwords are being checked')
