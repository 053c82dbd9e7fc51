import type { Clock } from '../clock.ts'

interface Needs {
  readonly clock: Clock
  /** Milliseconds after which what is kept is read again, behind the scenes. */
  readonly freshFor: number
  /** Milliseconds of rest after a failure. */
  readonly retryAfter: number
  /** Told when reading it again failed and the old one stays. */
  readonly onStale: (error: unknown) => void
}

/**
 * Keeps what `read` found. It is read at first use, by one reader however many ask. Once there, it stands
 * until a newer one has been read: an outage over there takes nothing away here.
 */
export function createKept<T>(
  read: () => Promise<T>,
  { clock, freshFor, retryAfter, onStale }: Needs,
): () => Promise<T> {
  let kept: { readonly value: T; readonly at: number } | undefined
  let failed: { readonly error: unknown; readonly at: number } | undefined
  let reading: Promise<T> | undefined

  const refresh = () => {
    reading ??= read()
      .then(
        (value) => {
          kept = { value, at: clock() }
          failed = undefined
          return value
        },
        (error) => {
          failed = { error, at: clock() }
          throw error
        },
      )
      .finally(() => {
        reading = undefined
      })
    return reading
  }

  return async () => {
    const resting = failed !== undefined && clock() - failed.at < retryAfter
    if (!kept) {
      if (failed && resting) throw failed.error
      return refresh()
    }
    // Whoever asks now is served from what is kept.
    if (clock() - kept.at >= freshFor && !resting) refresh().catch(onStale)
    return kept.value
  }
}
