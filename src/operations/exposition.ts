/** What Prometheus reads. The library is loaded when somebody first asks: nobody's start waits for it. */
import type { Metric } from 'prom-client'
import type { Family } from './meters.ts'

/** A process's metrics as data, to be added to those of others. */
export type Snapshot = readonly object[]

/** From what this process has itself to what all have that serve together. */
export type Gather = (own: () => Promise<Snapshot>) => () => Promise<readonly Snapshot[]>

export interface Exposition {
  readonly contentType: string
  snapshot(): Promise<Snapshot>
  /** The text format, of one or several processes. */
  text(snapshots: readonly Snapshot[]): Promise<string>
}

export async function createExposition(families: readonly Family[]): Promise<Exposition> {
  const { AggregatorRegistry, collectDefaultMetrics, Registry } = await import('prom-client')
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  for (const family of families) {
    const get = async () => ({
      ...{ name: family.name, help: family.help, type: family.type, aggregator: family.aggregator },
      values: await family.collect(),
    })
    // What the library's own aggregate() registers: data with the two methods that writing it asks for.
    registry.registerMetric({ name: family.name, get, getForPromString: get } as unknown as Metric)
  }
  return {
    contentType: registry.contentType,
    snapshot: () => registry.getMetricsAsJSON(),
    text: (snapshots) => AggregatorRegistry.aggregate(snapshots.map((one) => [...one])).metrics(),
  }
}
