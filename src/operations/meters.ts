/**
 * Numbers for Prometheus, kept as cheaply as can be: the library that writes them is only loaded when somebody asks
 * (exposition.ts), since it would be a tenth of the time a start takes.
 */
export interface Sample {
  /** With its suffix, such as `_bucket`; absent: the family's own. */
  readonly metricName?: string
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
}

/** How several processes' values become one. */
type Together = 'sum' | 'max' | 'min' | 'first' | 'average'

export interface Family {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly labels: readonly string[]
  readonly aggregator: Together
  collect(): readonly Sample[] | Promise<readonly Sample[]>
}

type Labels<L extends string> = Readonly<Record<L, string>>

export interface Counter<L extends string> extends Family {
  add(labels: Labels<L>, by?: number): void
  /** Adds one, for labels that never change: there is no series until it has. */
  at(labels: Labels<L>): () => void
}

export interface Histogram<L extends string> extends Family {
  observe(labels: Labels<L>, value: number): void
  /** The same for labels that never change: there is no series until something is observed. */
  at(labels: Labels<L>): (value: number) => void
}

interface About<L extends string> {
  readonly name: string
  readonly help: string
  readonly labels?: readonly L[]
}

interface Branch<T> {
  readonly next: Map<string, Branch<T>>
  state?: T
}

function grow<T>({ next }: Branch<T>, value: string): Branch<T> {
  const fresh: Branch<T> = { next: new Map() }
  next.set(value, fresh)
  return fresh
}

/** Label by label, since the hash of a value is kept with it, and one of them all joined would be found anew each time. */
function perLabels<L extends string, T>(names: readonly L[], fresh: () => T) {
  const series: { readonly labels: Labels<L>; readonly state: T }[] = []
  const root: Branch<T> = { next: new Map() }
  return {
    series,
    of(labels: Labels<L>): T {
      let branch = root
      for (const name of names) {
        branch = branch.next.get(labels[name]) ?? grow(branch, labels[name])
      }
      if (branch.state === undefined) {
        branch.state = fresh()
        series.push({ labels: { ...labels }, state: branch.state })
      }
      return branch.state
    },
  }
}

export function createCounter<L extends string = never>({ name, help, labels = [] }: About<L>): Counter<L> {
  const all = perLabels(labels, () => ({ value: 0 }))
  return {
    ...{ name, help, labels, type: 'counter', aggregator: 'sum' },
    add: (of, by = 1) => {
      all.of(of).value += by
    },
    at(of) {
      let state: ReturnType<typeof all.of> | undefined
      return () => {
        state ??= all.of(of)
        state.value += 1
      }
    },
    collect: () => all.series.map(({ labels: of, state }) => ({ labels: of, value: state.value })),
  }
}

/** Asked when somebody looks. One that cannot tell is left out, and never in the way of the others. */
export function createGauge<L extends string = never>({
  aggregator = 'sum',
  type = 'gauge',
  read,
  labels = [],
  ...about
}: About<L> & {
  readonly aggregator?: Together
  /** A counter is kept elsewhere, and only grows. */
  readonly type?: 'gauge' | 'counter'
  read(): readonly { readonly labels: Labels<L>; readonly value: number }[] | number
}): Family {
  return {
    ...about,
    ...{ labels, type, aggregator },
    collect() {
      const value = read()
      return typeof value === 'number' ? [{ labels: {}, value }] : value
    },
  }
}

/** `buckets` in seconds, ascending. */
export function createHistogram<L extends string>({
  buckets,
  name,
  help,
  labels = [],
}: About<L> & { readonly buckets: readonly number[] }): Histogram<L> {
  const all = perLabels(labels, () => ({ counts: new Array<number>(buckets.length + 1).fill(0), sum: 0 }))
  function put(state: ReturnType<typeof all.of>, value: number): void {
    state.sum += value
    let index = 0
    while (index < buckets.length && value > Number(buckets[index])) index += 1
    state.counts[index] = (state.counts[index] ?? 0) + 1
  }

  return {
    ...{ name, help, labels, type: 'histogram', aggregator: 'sum' },
    observe: (of, value) => put(all.of(of), value),
    at(of) {
      let state: ReturnType<typeof all.of> | undefined
      return (value) => {
        state ??= all.of(of)
        put(state, value)
      }
    },
    collect: () =>
      all.series.flatMap(({ labels: of, state: { counts, sum } }) => {
        let count = 0
        const cumulative = counts.map((inBucket, index) => {
          count += inBucket
          return { metricName: `${name}_bucket`, labels: { ...of, le: buckets[index] ?? '+Inf' }, value: count }
        })
        return [
          ...cumulative,
          { metricName: `${name}_sum`, labels: of, value: sum },
          { metricName: `${name}_count`, labels: of, value: count },
        ]
      }),
  }
}

/** The first so many values of a label; all further ones are one, so that no label can grow without end. */
export function boundedLabel(most: number): (value: string | undefined) => string {
  const seen = new Set<string>()
  return (value) => {
    if (value === undefined) return ''
    if (seen.has(value)) return value
    if (seen.size >= most) return '(other)'
    seen.add(value)
    return value
  }
}
