/** One step of a trace: a line, and what is known of it behind `details`. */
import { type Html, html } from '../html.ts'
import { type ConsoleLanguage, consoleWords } from '../words/console.ts'
import type { Text } from '../words.ts'
import { said } from './parts.ts'
import type { Step } from './trace.ts'

type Detail = Step['detail']
type Row = readonly [name: Text | Html, value: Text | Html]

export function stepView(step: Step, lang: ConsoleLanguage): Html {
  const { traces: words } = consoleWords(lang)
  const summary = summaryOf(step, lang)
  const rows = rowsOf(step, lang)
  return html`<li class="${toneOf(step.what)}"><div class="step-line"><span class="offset">${offsetOf(step.offset, lang)}</span><strong>${whatOf(step.what, lang)}</strong>${summary}</div>${rows.length > 0 && html`<details><summary>${words.details}</summary><dl class="claims">${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl></details>`}</li>`
}

/** Such as `+1.2 s`. */
export const offsetOf = (milliseconds: number, lang: ConsoleLanguage): string =>
  `+${new Intl.NumberFormat(lang === 'de' ? 'de-DE' : 'en-GB', { minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(milliseconds / 1000)} s`

export function whatOf(what: string, lang: ConsoleLanguage): string {
  const known: Readonly<Record<string, string>> = consoleWords(lang).traces.what
  return (Object.hasOwn(known, what) ? known[what] : undefined) ?? what.replaceAll('_', ' ')
}

const bad: ReadonlySet<string> = new Set(['refused', 'lost', 'not_told'])
const doubtful: ReadonlySet<string> = new Set(['could_not_tell', 'would_be_refused'])
const good: ReadonlySet<string> = new Set(['signed_in', 'told'])
const toneOf = (what: string): string =>
  bad.has(what) ? 'bad' : doubtful.has(what) ? 'warning' : good.has(what) ? 'good' : 'step'

function summaryOf({ what, detail, reasonTitle }: Step, lang: ConsoleLanguage): Html | undefined {
  const { traces: words } = consoleWords(lang)
  const parts: (Text | Html)[] = []
  if (what === 'departed' && typeof detail.to === 'string') parts.push(words.to(detail.to))
  if (what === 'arrived') parts.push(words.claimsCame(countOf(detail.received)))
  if (what === 'mapped') {
    parts.push(words.became(countOf(detail.claims), countOf(detail.groups), countOf(detail.roles)))
    if (countOf(detail.dropped) > 0) parts.push(words.droppedCount(countOf(detail.dropped)))
  }
  if (typeof detail.attempt === 'number') parts.push(words.attempt(detail.attempt))
  if (reasonTitle !== undefined) parts.push(html`<span>${reasonTitle}</span>`)
  return parts.length === 0
    ? undefined
    : html`<span class="muted">${parts.map((part, index) => html`${index > 0 && ' · '}${part}`)}</span>`
}

const countOf = (value: unknown): number =>
  typeof value === 'object' && value !== null ? Object.keys(value).length : 0

/** What is said in the line is not said again. */
const inLine: ReadonlySet<string> = new Set(['attempt', 'to'])

function rowsOf({ detail }: Step, lang: ConsoleLanguage): readonly Row[] {
  return Object.entries(detail).flatMap(([name, value]) => (inLine.has(name) ? [] : detailRows(name, value, lang)))
}

function detailRows(name: string, value: unknown, lang: ConsoleLanguage): readonly Row[] {
  const { traces: words } = consoleWords(lang)
  switch (name) {
    case 'received':
      return entriesOf(value).map(([claim, kind]) => [html`<code>${claim}</code>`, said(textOf(kind))])
    case 'claims':
      return entriesOf(value).map(([claim, from]) => [html`<code>${claim}</code>`, words.takenFrom(textOf(from))])
    case 'groups':
      return countOf(value) === 0 ? [] : [[words.groups, said(textOf(value))]]
    case 'roles':
      return countOf(value) === 0 ? [] : [[words.roles, said(rolesOf(value))]]
    case 'dropped':
      return listOf(value).map((dropped) => droppedRow(dropped, lang))
    default:
      return [[html`<code>${name}</code>`, said(textOf(value))]]
  }
}

function droppedRow(dropped: Detail, lang: ConsoleLanguage): Row {
  const { traces: words } = consoleWords(lang)
  const why: Readonly<Record<string, string>> = words.drops
  const { path, reason, value } = dropped
  return [
    html`<s><code>${textOf(path)}</code></s> <span class="unseen">${words.dropped}</span>`,
    html`${value !== undefined && html`<s>${textOf(value)}</s> `}${words.dropped}: ${why[textOf(reason)] ?? textOf(reason)}`,
  ]
}

const entriesOf = (value: unknown): readonly (readonly [string, unknown])[] =>
  typeof value === 'object' && value !== null ? Object.entries(value) : []

const listOf = (value: unknown): readonly Detail[] =>
  Array.isArray(value) ? value.filter((one): one is Detail => typeof one === 'object' && one !== null) : []

const rolesOf = (value: unknown): string =>
  listOf(value)
    .map(({ name, client }) => (typeof client === 'string' ? `${textOf(name)} (${client})` : textOf(name)))
    .join(', ')

/** What stands in a detail, as it is read: lists by commas, anything else as JSON. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  if (Array.isArray(value) && value.every((one) => typeof one !== 'object')) return value.join(', ')
  return JSON.stringify(value)
}
