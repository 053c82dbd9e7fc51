import { type Html, html } from '../html.ts'
import { consoleWords } from '../words/console.ts'
import { type FirstStep, firstSteps } from './first-steps.ts'
import { outcomeColumns, overTime } from './overview-figures.ts'
import { descriptions, said, section, state } from './parts.ts'
import { table } from './table.ts'
import { ago, type Moment } from './time.ts'

interface Outcomes {
  readonly signedIn: number
  readonly refused: number
  readonly couldNotTell: number
  readonly open: number
}

/** An hour or a day, by its first millisecond. */
export interface Span extends Outcomes {
  readonly at: number
  readonly callsRefused: number
}

/** One day by the hour, or a week by the day. */
export type Period = 'day' | 'week'

/** What one process has done since it started. */
interface Activity {
  readonly seconds: number
  readonly tokens: { readonly good: number; readonly bad: number }
  readonly checks: { readonly good: number; readonly bad: number }
}

export interface Overview extends Moment {
  /** Empty where nobody needs them any more. */
  readonly steps: readonly FirstStep[]
  readonly counts: readonly { readonly name: string; readonly count: number; readonly href: string | undefined }[]
  readonly period: Period
  readonly periods: readonly { readonly period: Period; readonly href: string }[]
  /** All of them, the oldest first. */
  readonly spans: readonly Span[]
  /** The sources with the most. */
  readonly bySource: readonly { readonly name: string; readonly href: string; readonly spans: readonly Span[] }[]
  /** Traces of refused calls. */
  readonly callsHref: string
  readonly activity: Activity
  /** Of the process that answers, part by part; `problem`: what is the matter. */
  readonly health: readonly { readonly name: string; readonly problem?: string | undefined }[]
  /** Those with the most. */
  readonly sources: readonly (Outcomes & { readonly name: string | undefined; readonly href: string | undefined })[]
  /** Where all of them are, when there are more than those. */
  readonly allSources: string | undefined
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
  return html`${firstSteps(page.steps, page.lang)}${overTime(page)}
${section(words.sourcesTitle, bySource(page))}
${section(words.refusals, refusals(page))}
${section(words.expiring, expiring(page))}
${section(words.process, process(page))}
${section(words.counts, html`<ul class="tiles">${page.counts.map(({ name, count, href }) => html`<li>${tile(name, count, href)}</li>`)}</ul>`)}`
}

function process({ activity: { seconds, tokens, checks }, health, lang, now }: Overview): Html {
  const { overview: words } = consoleWords(lang)
  const perMinute = (count: number) =>
    new Intl.NumberFormat(lang === 'de' ? 'de-DE' : 'en-GB', { maximumFractionDigits: 1 }).format(
      count / Math.max(seconds / 60, 1),
    )
  const line = ({ good, bad }: { readonly good: number; readonly bad: number }) =>
    words.rate(good, bad, perMinute(good + bad))
  return html`<p class="muted">${words.processLead} ${words.since} ${ago(now - seconds * 1000, { now, lang })}.</p>${descriptions(
    [
      [words.tokens, line(tokens)],
      [words.checks, line(checks)],
      ...health.map(
        ({ name, problem }) =>
          [
            words.parts[name as keyof typeof words.parts] ?? name,
            problem === undefined ? state('good', words.healthy) : state('bad', problem),
          ] as const,
      ),
    ],
  )}`
}

const tile = (name: string, count: number, href: string | undefined): Html =>
  href === undefined
    ? html`<div class="tile"><strong>${count}</strong><span>${name}</span></div>`
    : html`<a class="tile" href="${href}"><strong>${count}</strong><span>${name}</span></a>`

function bySource({ sources, allSources, lang }: Overview): Html {
  const { overview: words } = consoleWords(lang)
  const name = (row: Overview['sources'][number]) =>
    row.name === undefined
      ? html`<span class="muted">${words.noSource}</span>`
      : row.href === undefined
        ? said(row.name)
        : html`<a href="${row.href}">${said(row.name)}</a>`
  const rows = table({
    caption: words.sourcesTitle,
    rows: sources,
    empty: html`<p>${words.noSignIns}</p>`,
    columns: [{ title: words.source, header: true, cell: name }, ...outcomeColumns(lang)],
  })
  return html`${rows}${allSources !== undefined && html`<p class="muted">${words.mostOf(sources.length)} <a class="all" href="${allSources}">${words.allSources}</a></p>`}`
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
