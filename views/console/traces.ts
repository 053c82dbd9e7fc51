/** The list of traces. */
import { type Html, html } from '../html.ts'
import { consoleWords } from '../words/console.ts'
import { type FilterField, filterForm } from './filters.ts'
import { nothing, notice, said, state, type Tone } from './parts.ts'
import { pager, table } from './table.ts'
import { ago, type Moment } from './time.ts'

export type OutcomeName = keyof ReturnType<typeof consoleWords>['traces']['outcomes']

/** Somebody or something that a trace is about; without `href` when it is not there any more. */
export interface Party {
  readonly name: string
  readonly href: string | undefined
}

export interface TraceRow {
  readonly reference: string
  readonly href: string
  readonly at: number
  readonly outcome: OutcomeName
  readonly reason: { readonly code: string; readonly title: string } | undefined
  readonly person: Party | undefined
  readonly client: Party | undefined
  readonly source: Party | undefined
  readonly api: Party | undefined
}

export interface TraceList extends Moment {
  readonly action: string
  readonly fields: readonly FilterField[]
  readonly rows: readonly TraceRow[]
  /** What was typed names nobody, or more than one person. */
  readonly people: { readonly typed: string; readonly fitting: readonly Party[] } | undefined
  readonly next: string | undefined
  readonly first: string | undefined
}

const tones: Readonly<Record<OutcomeName, Tone>> = {
  open: 'off',
  signed_in: 'good',
  signed_out: 'good',
  refused: 'bad',
  could_not_tell: 'warning',
  call_refused: 'bad',
  call_would_be_refused: 'warning',
}

export const toneOf = (outcome: OutcomeName): Tone => tones[outcome]

export const partyLink = (party: Party | undefined): Html | undefined =>
  party && (party.href === undefined ? said(party.name) : html`<a href="${party.href}">${said(party.name)}</a>`)

export function tracesView(page: TraceList): Html {
  const { traces: words } = consoleWords(page.lang)
  const isNarrowed = page.fields.some(({ value }) => value !== '')
  return html`${filterForm(page)}${page.people && people(page.people, page)}${table({
    caption: words.title,
    rows: page.rows,
    empty: html`<p>${isNarrowed ? words.noneFound : words.empty}</p>`,
    columns: [
      {
        ...{ title: words.when, header: true },
        cell: ({ at, href, reference }) =>
          html`<a href="${href}">${ago(at, page)}</a><small><code>${reference}</code></small>`,
      },
      { title: words.outcome, cell: (row) => outcome(row, page) },
      { title: words.user, cell: ({ person }) => partyLink(person) ?? nothing },
      { title: words.client, cell: ({ client }) => partyLink(client) ?? nothing },
      { title: words.through, cell: through },
    ],
  })}${pager(page)}`
}

/** Reasons are English everywhere: their codes and their words stand in logs and answers as well. */
function outcome({ outcome, reason }: TraceRow, { lang }: Moment): Html {
  const { outcomes } = consoleWords(lang).traces
  return html`${state(tones[outcome], outcomes[outcome])}${reason && html`<small>${reason.title}</small>`}`
}

function through({ source, api }: TraceRow): Html {
  if (!source && !api) return nothing
  return html`${partyLink(source)}${source && api && html`<br>`}${partyLink(api)}`
}

function people({ typed, fitting }: NonNullable<TraceList['people']>, { lang }: Moment): Html {
  const { traces: words } = consoleWords(lang)
  return fitting.length === 0
    ? notice('warning', words.nobodyFits(typed), 'status')
    : notice(
        'warning',
        html`<p>${words.severalFit(typed)}</p><ul class="bullets">${fitting.map((one) => html`<li>${partyLink(one)}</li>`)}</ul>`,
        'status',
      )
}
