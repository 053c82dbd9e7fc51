/** The list of applications. */
import { type Html, html } from '../html.ts'
import { consoleWords } from '../words/console.ts'
import { type List, listing } from './listing.ts'
import { nothing, said, state } from './parts.ts'
import type { Moment } from './time.ts'

export interface Switches {
  readonly disabledByPublisher: boolean
  readonly disabledByConsumer: boolean
}

export interface ApplicationRow extends Switches {
  readonly name: string
  readonly description: string
  readonly owner: { readonly name: string; readonly email: string } | null
  readonly clientId: string
  readonly href: string
}

export interface ApplicationList extends List<ApplicationRow>, Moment {}

/** Each of the two sides has a switch of its own. */
export function switchState(
  { disabledByPublisher, disabledByConsumer }: Switches,
  { lang }: Pick<Moment, 'lang'>,
): Html {
  const { states } = consoleWords(lang).applications
  if (disabledByPublisher && disabledByConsumer) return state('off', states.byBoth)
  if (disabledByPublisher) return state('off', states.byPublisher)
  return disabledByConsumer ? state('off', states.byConsumer) : state('good', states.on)
}

export function applicationsView(page: ApplicationList): Html {
  const { applications: words } = consoleWords(page.lang)
  return listing(page, words, {
    columns: [
      {
        ...{ title: words.columns.name, header: true },
        cell: ({ name, description, href }) =>
          html`<a href="${href}">${said(name)}</a>${description !== '' && html`<small class="brief">${said(description)}</small>`}`,
      },
      { title: words.columns.state, cell: (row) => switchState(row, page) },
      {
        title: words.columns.owner,
        cell: ({ owner }) => (owner ? html`${said(owner.name)}<small>${said(owner.email)}</small>` : nothing),
      },
      { title: words.columns.client, cell: ({ clientId }) => html`<code>${clientId}</code>` },
    ],
  })
}
