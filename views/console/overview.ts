import { type Html, html } from '../html.ts'
import { consoleWords } from '../words/console.ts'
import { said, section } from './parts.ts'
import { table } from './table.ts'
import { ago, type Moment } from './time.ts'

interface Outcomes {
  readonly signedIn: number
  readonly refused: number
  readonly couldNotTell: number
  readonly open: number
}

export interface Overview extends Moment {
  readonly counts: readonly { readonly name: string; readonly count: number; readonly href: string | undefined }[]
  /** Every day, the oldest first. */
  readonly days: readonly (Outcomes & { readonly day: number })[]
  readonly sources: readonly (Outcomes & { readonly name: string | undefined; readonly href: string | undefined })[]
  readonly refusals: readonly {
    readonly title: string
    readonly code: string
    readonly count: number
    readonly href: string | undefined
  }[]
  readonly expiring: readonly { readonly what: string; readonly note: string; readonly at: number }[]
}

export function overviewView(page: Overview): Html {
  const { overview: words } = consoleWords(page.lang)
  return html`${section(words.signIns, html`${bars(page)}${bySource(page)}`)}
${section(words.refusals, refusals(page))}
${section(words.expiring, expiring(page))}
${section(words.counts, html`<ul class="tiles">${page.counts.map(({ name, count, href }) => html`<li>${tile(name, count, href)}</li>`)}</ul>`)}`
}

const tile = (name: string, count: number, href: string | undefined): Html =>
  href === undefined
    ? html`<div class="tile"><strong>${count}</strong><span>${name}</span></div>`
    : html`<a class="tile" href="${href}"><strong>${count}</strong><span>${name}</span></a>`

const dayOf = (day: number): string => new Date(day).toISOString().slice(0, 10)
const height = 96
const width = 40

/** Bars of what succeeded and what was refused, with the figures as a table behind them. */
function bars({ days, lang }: Overview): Html {
  const { overview: words } = consoleWords(lang)
  const most = Math.max(1, ...days.map(({ signedIn, refused }) => Math.max(signedIn, refused)))
  const bar = (value: number, x: number, look: string) => {
    const tall = value === 0 ? 0 : Math.max(2, (value / most) * height)
    return html`<rect class="${look}" x="${x}" y="${height - tall}" width="14" height="${tall}" rx="2"/>`
  }
  const drawing = html`<svg class="chart" viewBox="0 0 ${days.length * width} ${height + 18}" role="img" aria-label="${words.signIns}">${days.map(
    ({ day, signedIn, refused }, index) =>
      html`<g>${bar(signedIn, index * width + 4, 'bar-good')}${bar(refused, index * width + 20, 'bar-bad')}<text x="${index * width + 19}" y="${height + 14}" text-anchor="middle">${new Date(day).getUTCDate()}</text></g>`,
  )}<line x1="0" x2="${days.length * width}" y1="${height}" y2="${height}"/></svg>
<p class="legend"><span class="key bar-good"></span>${words.succeeded} <span class="key bar-bad"></span>${words.refused}</p>`
  const figures = table({
    caption: words.byDay,
    rows: days,
    empty: html``,
    columns: [{ title: words.day, header: true, cell: ({ day }) => dayOf(day) }, ...outcomeColumns(lang)],
  })
  return html`${drawing}<details><summary>${words.figures}</summary>${figures}</details>`
}

const outcomeColumns = (lang: Overview['lang']) => {
  const { overview: words } = consoleWords(lang)
  return [
    { title: words.succeeded, figures: true, cell: ({ signedIn }: Outcomes) => signedIn },
    { title: words.refused, figures: true, cell: ({ refused }: Outcomes) => refused },
    { title: words.undecided, figures: true, wide: true, cell: ({ couldNotTell }: Outcomes) => couldNotTell },
    { title: words.open, figures: true, wide: true, cell: ({ open }: Outcomes) => open },
  ]
}

function bySource({ sources, lang }: Overview): Html {
  const { overview: words } = consoleWords(lang)
  const name = (row: Overview['sources'][number]) =>
    row.name === undefined
      ? html`<span class="muted">${words.noSource}</span>`
      : row.href === undefined
        ? said(row.name)
        : html`<a href="${row.href}">${said(row.name)}</a>`
  return table({
    caption: words.bySource,
    rows: sources,
    empty: html`<p>${words.noSignIns}</p>`,
    columns: [{ title: words.source, header: true, cell: name }, ...outcomeColumns(lang)],
  })
}

function refusals({ refusals: rows, lang }: Overview): Html {
  const { overview: words } = consoleWords(lang)
  return table({
    caption: words.refusals,
    rows,
    empty: html`<p>${words.noRefusals}</p>`,
    columns: [
      {
        title: words.reason,
        header: true,
        cell: ({ title, code, href }) =>
          html`${href === undefined ? title : html`<a href="${href}">${title}</a>`} <code class="muted">${code}</code>`,
      },
      { title: words.count, figures: true, cell: ({ count }) => count },
    ],
  })
}

function expiring({ expiring: rows, ...moment }: Overview): Html {
  const { overview: words } = consoleWords(moment.lang)
  return table({
    caption: words.expiring,
    rows,
    empty: html`<p>${words.nothingExpires}</p>`,
    columns: [
      { title: words.what, header: true, cell: ({ what, note }) => html`${what} <span class="muted">${note}</span>` },
      { title: words.when, cell: ({ at }) => ago(at, moment) },
    ],
  })
}
