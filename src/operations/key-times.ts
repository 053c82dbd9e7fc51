import type { Report } from '../events.ts'

/** Milliseconds since the epoch. */
export interface KeyTimes {
  readonly activeSince: number | null
  readonly rotationDue: number | null
  readonly keys: Readonly<Record<'next' | 'active' | 'retiring', number>>
}

interface PublishedKey {
  readonly kid: string
  readonly state: string
  readonly activatedAt: number | null
}

interface Needs {
  readonly report: Report
  /** Milliseconds that a key signs for. */
  readonly activeFor: number
}

/** What the last look at the registry said about the signing keys: asking for metrics asks no store. */
export function watchKeys({ report, activeFor }: Needs) {
  let times: KeyTimes | undefined
  let signing: string | undefined

  return {
    times: () => times,

    seen(keys: readonly PublishedKey[]): void {
      const active = keys.find(({ state }) => state === 'active')
      const count = (wanted: string) => keys.filter(({ state }) => state === wanted).length
      const activeSince = active?.activatedAt ?? null
      times = {
        activeSince,
        rotationDue: activeSince === null ? null : activeSince + activeFor,
        keys: { next: count('next'), active: count('active'), retiring: count('retiring') },
      }
      // At the start nothing has changed.
      if (active && signing !== undefined && active.kid !== signing)
        report('signing_key.activated', { kid: active.kid })
      signing = active?.kid ?? signing
    },
  }
}
