/** Prometheus' text format, as a scraper reads it. */
export interface Series {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface Scrape {
  readonly text: string
  readonly types: ReadonlyMap<string, string>
  readonly series: readonly Series[]
  /** The sum over all series that have these labels. */
  value(name: string, labels?: Readonly<Record<string, string>>): number
}

export function readMetrics(text: string): Scrape {
  const lines = text.split('\n').filter((line) => line !== '')
  const types = new Map(
    lines.flatMap((line) => {
      const [, name, type] = /^# TYPE (\S+) (\w+)$/.exec(line) ?? []
      return name && type ? [[name, type] as const] : []
    }),
  )
  const series = lines.filter((line) => !line.startsWith('#')).map(readLine)
  return {
    text,
    types,
    series,
    value: (name, labels = {}) =>
      series
        .filter(
          (one) => one.name === name && Object.entries(labels).every(([label, value]) => one.labels[label] === value),
        )
        .reduce((sum, { value }) => sum + value, 0),
  }
}

function readLine(line: string): Series {
  const [, name, labels = '', value] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
  if (!name || value === undefined) throw new Error(`not a line of Prometheus: ${line}`)
  const pairs = [...labels.matchAll(/([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)",?/g)]
  return {
    name,
    labels: Object.fromEntries(pairs.map(([, label = '', text = '']) => [label, text])),
    value: value === 'Nan' ? Number.NaN : Number(value),
  }
}
