/** What was changed, by whom: the latest of it. */
import { type Html, html } from '../html.ts'
import { consoleWords } from '../words/console.ts'
import { actionText } from './events.ts'
import { nothing, said, section } from './parts.ts'
import { table } from './table.ts'
import { ago, type Moment } from './time.ts'

export interface Change {
  readonly at: number
  readonly actor: {
    readonly kind: 'account' | 'client' | 'cli' | 'system'
    readonly name: string
    /** Of their page, if they are still there. */
    readonly href: string | undefined
  }
  /** `application.changed` */
  readonly action: string
  /** Of the input: what is another than before. */
  readonly members: readonly string[]
}

export function historyView(changes: readonly Change[], moment: Moment, more?: Html): Html {
  const { history: words } = consoleWords(moment.lang)
  return section(
    words.title,
    table({
      caption: words.title,
      rows: changes,
      empty: html`<p>${words.nothing}</p>`,
      columns: [
        { title: words.when, header: true, cell: ({ at }) => ago(at, moment) },
        { title: words.did, cell: ({ action }) => actionText(action, moment.lang) },
        {
          title: words.members,
          cell: ({ members }) => (members.length === 0 ? nothing : html`<code>${members.join(', ')}</code>`),
        },
        {
          title: words.who,
          cell: ({ actor }) => html`${words.actors[actor.kind]} ${who(actor)}`,
        },
      ],
    }),
    { id: 'history', ...(more && { actions: more }) },
  )
}

function who({ name, href }: Change['actor']): Html | undefined {
  if (name === '') return undefined
  return href === undefined ? said(name) : html`<a href="${href}">${said(name)}</a>`
}
