/** What a mapping makes of what a source says: the claims that came, the token that there would be, and its size. */
import { type Html, html } from '../html.ts'
import { type ConsoleLanguage, consoleWords } from '../words/console.ts'
import { type Field, fieldView, type Values, type Wrong } from './form.ts'
import { livePart } from './live.ts'
import { nothing, notice, said, state } from './parts.ts'
import { table } from './table.ts'
import { ago, type Moment } from './time.ts'

export interface ResultRow {
  readonly name: string
  /** `undefined`: the token does not say it. */
  readonly value: string | undefined
  /** Present when the kept mapping says something else. */
  readonly before: { readonly value: string | undefined } | undefined
}

export interface PreviewResult {
  readonly rows: readonly ResultRow[]
  readonly dropped: readonly { readonly path: string; readonly reason: string; readonly value?: string }[]
  readonly groupsLeftOut: { readonly names: readonly string[]; readonly more: number }
  /** Claims that came and change nothing. */
  readonly unused: readonly string[]
  readonly overage: boolean
  /** `bytes` is `undefined` where there would be no token. */
  readonly size: { readonly bytes: number | undefined; readonly atMost: number }
}

interface Preview extends Moment {
  /** Of the form that it stands in. */
  readonly action: string
  readonly sample: Field
  readonly values: Values
  readonly problems: readonly Wrong[]
  /** Of the form's fields, by their names. */
  readonly labels: Readonly<Record<string, string>>
  /** Where the claims came from that are there at the beginning. */
  readonly latest: { readonly from: 'test' | 'sign_in'; readonly at: number } | undefined
  readonly result: PreviewResult | undefined
}

export function previewView({ action, sample, values, problems, labels, latest, result, ...moment }: Preview): Html {
  const { lang } = moment
  const { mapping: words } = consoleWords(lang)
  const wrong = problems.filter(({ path }) => path === sample.name)
  return html`<fieldset class="group preview"><legend>${words.title}</legend>
<div class="sides"><div>${fieldView(sample, { values, lang }, wrong)}<p class="help">${latest === undefined ? words.noneYet : html`${words.latest[latest.from]} ${ago(latest.at, moment)}`}</p></div>
${livePart('preview', action, 'preview', result ? resultView(result, lang) : pending(problems, labels, lang))}</div>
</fieldset>`
}

function pending(problems: Preview['problems'], labels: Preview['labels'], lang: ConsoleLanguage): Html {
  const { mapping: words } = consoleWords(lang)
  if (problems.length === 0) return html`<p class="muted">${words.nothingYet}</p>`
  return notice(
    'warning',
    html`<p>${words.wrongFirst}</p><ul>${problems.map(({ path, message }) => html`<li>${labels[path] ?? path}: ${message}</li>`)}</ul>`,
  )
}

function resultView(result: PreviewResult, lang: ConsoleLanguage): Html {
  const { mapping: words } = consoleWords(lang)
  const { rows, overage } = result
  return html`<h2>${words.result}</h2>
${overage && notice('danger', words.overage)}
${table({
  caption: words.result,
  rows,
  empty: html``,
  columns: [
    { title: words.claim, header: true, cell: ({ name }) => html`<code>${name}</code>` },
    { title: words.value, cell: (row) => valueView(row, lang) },
  ],
})}
${lost(result, lang)}
${size(result.size, lang)}`
}

function valueView({ value, before }: ResultRow, lang: ConsoleLanguage): Html {
  const { mapping: words } = consoleWords(lang)
  const now = value === undefined ? nothing : said(value)
  if (before === undefined) return now
  const word = before.value === undefined ? words.added : value === undefined ? words.gone : words.changed
  return html`<div class="changed">${state('warning', word)} <span>${now}</span>${before.value !== undefined && html`<small>${words.before} <s>${said(before.value)}</s></small>`}</div>`
}

function lost({ dropped, groupsLeftOut, unused }: PreviewResult, lang: ConsoleLanguage): Html | undefined {
  const { mapping: words } = consoleWords(lang)
  const { names, more } = groupsLeftOut
  const rows = [
    ...dropped.map((one) => droppedRow(one, lang)),
    ...names.map((name) => lostRow(html`<bdi>${name}</bdi>`, words.filtered)),
    ...(more > 0 ? [html`<div><dt></dt><dd>${words.moreFiltered(more)}</dd></div>`] : []),
    ...unused.map((name) => lostRow(html`<code>${name}</code>`, words.unused)),
  ]
  if (rows.length === 0) return undefined
  return html`<h2>${words.lost}</h2><dl class="claims">${rows}</dl>`
}

const lostRow = (what: Html, why: string): Html => html`<div><dt><s>${what}</s></dt><dd>${why}</dd></div>`

/** Something that came and may not stand in a token, with why. */
export function droppedRow({ path, reason, value }: PreviewResult['dropped'][number], lang: ConsoleLanguage): Html {
  const { traces } = consoleWords(lang)
  const why: Readonly<Record<string, string>> = traces.drops
  return html`<div><dt><s><code>${path}</code></s></dt><dd>${value !== undefined && html`<s lang="en">${value}</s> `}${traces.dropped}: ${why[reason] ?? reason}</dd></div>`
}

function size({ bytes, atMost }: PreviewResult['size'], lang: ConsoleLanguage): Html {
  const { mapping: words } = consoleWords(lang)
  const figure = new Intl.NumberFormat(lang === 'de' ? 'de-DE' : 'en-GB')
  const text = bytes === undefined ? words.noToken : words.size(figure.format(bytes), figure.format(atMost))
  const tone = bytes === undefined ? 'off' : bytes > atMost ? 'bad' : bytes > atMost * 0.75 ? 'warning' : 'good'
  return html`<p class="token-size">${state(tone, text)}</p>`
}
