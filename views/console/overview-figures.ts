/** How sign-ins and calls went over time: charts, each with its figures in a table. */
import { type Html, html } from '../html.ts'
import { consoleWords } from '../words/console.ts'
import { barChart, greatestOf, type Series } from './chart.ts'
import type { Overview, Span } from './overview.ts'
import { said, section } from './parts.ts'
import { table } from './table.ts'
import { exactly } from './time.ts'

type Lang = Overview['lang']

export function overTime(page: Overview): Html {
  const { overview: words } = consoleWords(page.lang)
  const { period } = page
  const choice = page.periods.map(
    (one) =>
      html`<a href="${one.href}"${one.period === period && html` aria-current="true"`}>${words.periods[one.period]}</a>`,
  )
  return html`<nav class="periods" aria-label="${words.period}">${choice}</nav>
${section(words.signIns(period), html`${signIns(page)}${perSource(page)}`)}
${section(words.calls(period), calls(page))}`
}

function series(spans: readonly Span[], lang: Lang): readonly Series[] {
  const { overview: words } = consoleWords(lang)
  return [
    { name: words.succeeded, look: 'good', values: spans.map(({ signedIn }) => signedIn) },
    { name: words.refused, look: 'bad', values: spans.map(({ refused }) => refused) },
  ]
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

const labelOf = (title: string, all: readonly Series[]): string =>
  `${title}: ${all.map(({ name, values }) => `${sum(values)} ${name}`).join(', ')}`

const legend = (all: readonly Series[]): Html =>
  html`<p class="legend">${all.map(({ name, look, values }) => html`<span><span class="key bar-${look}"></span>${name} <strong>${sum(values)}</strong></span>`)}</p>`

/** The day of the month, or the hour. */
const placesOf = ({ period, spans }: Overview): readonly string[] =>
  spans.map(({ at }) => new Date(at).toISOString().slice(...(period === 'day' ? [11, 13] : [8, 10])))

function signIns(page: Overview): Html {
  const { overview: words } = consoleWords(page.lang)
  const all = series(page.spans, page.lang)
  return html`${legend(all)}${barChart({ label: labelOf(words.signIns(page.period), all), places: placesOf(page), series: all })}${figures(page, words.signIns(page.period), outcomeColumns(page.lang))}`
}

/** All to one scale, so that they can be compared. */
function perSource(page: Overview): Html | undefined {
  const { overview: words } = consoleWords(page.lang)
  if (page.bySource.length < 2) return undefined
  const charts = page.bySource.map(({ name, href, spans }) => ({ name, href, all: series(spans, page.lang) }))
  const top = Math.max(...charts.map(({ all }) => greatestOf(all)))
  return html`<h3>${words.bySource}</h3><ul class="multiples">${charts.map(({ name, href, all }) => html`<li><a href="${href}">${said(name)}</a>${barChart({ label: labelOf(name, all), places: placesOf(page), series: all, top, small: true })}</li>`)}</ul>`
}

function calls(page: Overview): Html {
  const { overview: words } = consoleWords(page.lang)
  const all: readonly Series[] = [
    { name: words.refused, look: 'bad', values: page.spans.map(({ callsRefused }) => callsRefused) },
  ]
  if (sum(all[0]?.values ?? []) === 0) return html`<p class="muted">${words.noCalls}</p>`
  return html`${legend(all)}${barChart({ label: labelOf(words.calls(page.period), all), places: placesOf(page), series: all })}<p><a href="${page.callsHref}">${words.callsTraces}</a></p>${figures(page, words.calls(page.period), [{ title: words.refused, figures: true, cell: ({ callsRefused }) => callsRefused }])}`
}

type Columns = Parameters<typeof table<Span>>[0]['columns']

export const outcomeColumns = (lang: Lang) => {
  const { overview: words } = consoleWords(lang)
  type Counted = Omit<Span, 'at' | 'callsRefused'>
  return [
    { title: words.succeeded, figures: true, cell: ({ signedIn }: Counted) => signedIn },
    { title: words.refused, figures: true, cell: ({ refused }: Counted) => refused },
    { title: words.undecided, figures: true, wide: true, cell: ({ couldNotTell }: Counted) => couldNotTell },
    { title: words.open, figures: true, wide: true, cell: ({ open }: Counted) => open },
  ]
}

function figures({ spans, period, lang }: Overview, caption: string, columns: Columns): Html {
  const { overview: words } = consoleWords(lang)
  const when = ({ at }: Span) => (period === 'day' ? exactly(at, { lang }) : new Date(at).toISOString().slice(0, 10))
  return html`<details><summary>${words.figures}</summary>${table({
    caption,
    rows: spans,
    empty: html``,
    columns: [{ title: period === 'day' ? words.hour : words.day, header: true, cell: when }, ...columns],
  })}</details>`
}
