/** The audit log: its list, and one event with what it changed. */
import { type Html, html } from '../html.ts'
import { type ConsoleLanguage, consoleWords } from '../words/console.ts'
import { type FilterField, filterForm } from './filters.ts'
import { descriptions, nothing, said, section } from './parts.ts'
import { pager, table } from './table.ts'
import { ago, exactly, type Moment } from './time.ts'
import { type Party, partyLink } from './traces.ts'

export type ActorKind = keyof ReturnType<typeof consoleWords>['history']['actors']

export interface EventRow {
  readonly id: string
  readonly href: string
  readonly at: number
  /** `source.changed`. */
  readonly action: string
  readonly actor: Party & { readonly kind: ActorKind }
  readonly subject: Party & { readonly type: string }
}

export interface EventList extends Moment {
  readonly action: string
  readonly fields: readonly FilterField[]
  readonly rows: readonly EventRow[]
  readonly next: string | undefined
  readonly first: string | undefined
}

/** One value that is not what it was; `undefined`: it was, or is, not there. */
export interface Difference {
  /** `config.issuer` */
  readonly path: string
  readonly before: string | undefined
  readonly after: string | undefined
}

export interface EventPage extends Moment {
  readonly event: EventRow
  readonly kind: 'added' | 'changed' | 'removed'
  readonly differences: readonly Difference[]
  /** What stayed: paths and values. */
  readonly same: readonly { readonly path: string; readonly value: string }[]
  readonly related: readonly { readonly text: string; readonly href: string }[]
}

export function eventsView(page: EventList): Html {
  const { events: words } = consoleWords(page.lang)
  const isNarrowed = page.fields.some(({ value }) => value !== '')
  return html`${filterForm(page)}${table({
    caption: words.title,
    rows: page.rows,
    empty: html`<p>${isNarrowed ? words.noneFound : words.empty}</p>`,
    columns: [
      { title: words.when, header: true, cell: ({ at, href }) => html`<a href="${href}">${ago(at, page)}</a>` },
      { title: words.did, cell: ({ action }) => actionWords(action, page.lang) },
      { title: words.what, cell: ({ subject }) => (subject.name === '' ? nothing : partyLink(subject)) },
      { title: words.who, cell: ({ actor }) => who(actor, page.lang) },
    ],
  })}${pager(page)}`
}

/** `source.changed` in words, with the code below it, which is what the filter takes. */
function actionWords(action: string, lang: ConsoleLanguage): Html {
  return html`${actionText(action, lang)} <small><code>${action}</code></small>`
}

export function actionText(action: string, lang: ConsoleLanguage): string {
  const { history: words } = consoleWords(lang)
  const [subject = '', done = ''] = action.split('.')
  const subjects: Readonly<Record<string, string>> = words.subjects
  const actions: Readonly<Record<string, string>> = words.actions
  const told = Object.hasOwn(subjects, subject) && Object.hasOwn(actions, done)
  return told ? `${subjects[subject]} ${actions[done]}` : action.replaceAll(/[._]/g, ' ')
}

function who({ kind, ...party }: EventRow['actor'], lang: ConsoleLanguage): Html {
  const word = consoleWords(lang).history.actors[kind]
  return html`${word}${kind !== 'system' && party.name !== '' && html` <small>${partyLink(party)}</small>`}`
}

export function eventView(page: EventPage): Html {
  const { event, differences, same, kind, related, lang } = page
  const { events: words } = consoleWords(lang)
  const changes =
    kind === 'changed'
      ? html`<p class="muted">${words.changesCount(differences.length)}</p>`
      : html`<p class="muted">${kind === 'added' ? words.added : words.removed}</p>`
  return html`${section(
    words.summary,
    descriptions([
      [words.when, exactly(event.at, page)],
      [words.did, actionWords(event.action, lang)],
      [words.subject, event.subject.name === '' ? nothing : partyLink(event.subject)],
      [words.who, who(event.actor, lang)],
      [words.id, html`<code>${event.id}</code>`],
    ]),
  )}
${section(words.changes, html`${changes}${differences.length > 0 ? diff(differences, page) : html`<p>${words.noChange}</p>`}${same.length > 0 && html`<details><summary>${words.same(same.length)}</summary>${descriptions(same.map(({ path, value }) => [path, html`<code>${value}</code>`]))}</details>`}`)}
${related.length > 0 && html`<ul class="links">${related.map(({ text, href }) => html`<li><a href="${href}">${text}</a></li>`)}</ul>`}`
}

/** Before and after side by side; one below the other on telephones. */
function diff(differences: readonly Difference[], { kind, lang }: EventPage): Html {
  const { events: words } = consoleWords(lang)
  const was = { title: words.before, cell: ({ before }: Difference) => value(before, 'del', lang) }
  const is = { title: words.after, cell: ({ after }: Difference) => value(after, 'ins', lang) }
  return html`<div class="diff">${table({
    caption: words.changes,
    rows: differences,
    empty: html``,
    columns: [
      { title: words.field, header: true, cell: ({ path }) => html`<code>${path}</code>` },
      ...(kind === 'added' ? [is] : kind === 'removed' ? [was] : [was, is]),
    ],
  })}</div>`
}

function value(text: string | undefined, mark: 'del' | 'ins', lang: ConsoleLanguage): Html {
  if (text === undefined) return html`<span class="muted">${consoleWords(lang).events.absent}</span>`
  const shown = html`<code>${said(text)}</code>`
  return mark === 'del' ? html`<del>${shown}</del>` : html`<ins>${shown}</ins>`
}
