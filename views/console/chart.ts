/** Bars over time, as a drawing that scales with the page. The figures stand in a table beside it, for whoever cannot see it. */
import { scaleBand, scaleLinear } from 'd3-scale'
import { type Html, html } from '../html.ts'
import type { Text } from '../words.ts'

export interface Series {
  readonly name: Text
  readonly look: 'good' | 'bad'
  /** One for each of the chart's places. */
  readonly values: readonly number[]
}

interface Chart {
  /** What it shows, with the sums: read out instead of the drawing. */
  readonly label: Text
  /** Below the places, from left to right; as many as there is room for are written. */
  readonly places: readonly string[]
  /** Two at most. */
  readonly series: readonly Series[]
  /** The value at the top, for charts that are compared; absent: the greatest of its own. */
  readonly top?: number
  readonly small?: boolean
}

const sizes = { usual: { width: 440, height: 150 }, small: { width: 220, height: 90 } }
const margin = { left: 28, top: 8, bottom: 20 }

export const greatestOf = (series: readonly Series[]): number => Math.max(1, ...series.flatMap(({ values }) => values))

export function barChart({ label, places, series, top = greatestOf(series), small = false }: Chart): Html {
  const { width, height } = small ? sizes.small : sizes.usual
  const bottom = height - margin.bottom
  const x = scaleBand<number>(
    places.map((_, index) => index),
    [margin.left, width],
  ).padding(0.25)
  const within = scaleBand<number>(
    series.map((_, index) => index),
    [0, x.bandwidth()],
  ).padding(series.length > 1 ? 0.1 : 0)
  const y = scaleLinear([0, top], [bottom, margin.top]).nice(small ? 2 : 4)
  const ticks = y.ticks(small ? 2 : 4).filter(Number.isInteger)
  const every = Math.ceil(places.length / (small ? 4 : 8))
  const bars = series.flatMap(({ values, look }, which) =>
    values.flatMap((value, index) => {
      if (value === 0) return []
      const from = Math.min(y(value), bottom - 2)
      return [
        html`<rect class="bar-${look}" x="${place((x(index) ?? 0) + (within(which) ?? 0))}" y="${place(from)}" width="${place(within.bandwidth())}" height="${place(bottom - from)}"/>`,
      ]
    }),
  )
  return html`<svg class="chart${small && ' small'}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}">
${ticks.map((value) => html`<line class="${value === 0 ? 'base' : 'rule'}" x1="${margin.left}" x2="${width}" y1="${place(y(value))}" y2="${place(y(value))}"/><text x="${margin.left - 5}" y="${place(y(value) + 4)}" text-anchor="end">${value}</text>`)}
${bars}
${places.map((text, index) => index % every === 0 && html`<text x="${place((x(index) ?? 0) + x.bandwidth() / 2)}" y="${height - 5}" text-anchor="middle">${text}</text>`)}</svg>`
}

/** To a tenth of a unit: nobody sees more. */
const place = (value: number): number => Math.round(value * 10) / 10
