/** Who is signed in: by itself, and on a person's page. */
import { type Html, html } from '../html.ts'
import { consoleWords } from '../words/console.ts'
import { joined, nothing, said } from './parts.ts'
import { type Filter, pager, searchable, table } from './table.ts'
import { ago, type Moment } from './time.ts'

export interface SessionLine {
  readonly name: string
  /** Of the person; `undefined`: nobody needs to be told who it is. */
  readonly href: string | undefined
  readonly source: { readonly name: string; readonly href: string | undefined }
  readonly clients: readonly { readonly name: string; readonly href: string }[]
  readonly startedAt: number
  /** `undefined`: it cannot be told. */
  readonly seenAt: number | undefined
  /** Of the browser that it was begun in. */
  readonly device: { readonly browser: string; readonly system: string; readonly address: string } | undefined
  readonly idleUntil: number
  readonly expiresAt: number
  readonly isYours: boolean
  /** `undefined`: this administrator may not. */
  readonly end: string | undefined
}

export interface SessionList extends Moment {
  readonly rows: readonly SessionLine[]
  readonly action: string
  readonly search: string
  readonly filters: readonly Filter[]
  readonly isOfClient: boolean
  /** More people fit than were looked at. */
  readonly isPart: boolean
  readonly next: string | undefined
  readonly first: string | undefined
}

export function sessionsView(page: SessionList): Html {
  const { sessions: words, kit } = consoleWords(page.lang)
  const { search, filters, action, next, isOfClient } = page
  const isNarrowed = search !== '' || filters.some(({ value }) => value !== '')
  const none = isOfClient && next !== undefined ? words.noneHere : words.noneFound
  const found = sessionTable(
    page.rows,
    isNarrowed ? html`<p>${none}</p><p><a href="${action}">${kit.showAll}</a></p>` : html`<p>${words.empty}</p>`,
    page,
  )
  const count = kit.shown(page.rows.length, undefined)
  return searchable(
    { action, value: search, label: words.search, filters, count, lang: page.lang },
    html`${page.isPart && html`<p class="muted">${words.part}</p>`}${found}${pager(page)}`,
  )
}

export function sessionTable(rows: readonly SessionLine[], empty: Html, moment: Moment): Html {
  const { sessions: words } = consoleWords(moment.lang)
  const isOfOne = rows.every(({ href }) => href === undefined)
  const link = ({ name, href }: { readonly name: string; readonly href: string | undefined }) =>
    href === undefined ? said(name) : html`<a href="${href}">${said(name)}</a>`
  return table<SessionLine>({
    caption: words.title,
    rows,
    empty,
    columns: [
      ...(isOfOne
        ? []
        : [
            {
              ...{ title: words.columns.who, header: true },
              cell: (row: SessionLine) => html`${link(row)}${row.isYours && html`<small>${words.yours}</small>`}`,
            },
          ]),
      {
        ...{ title: words.columns.source, header: isOfOne },
        cell: (row) => html`${link(row.source)}${isOfOne && row.isYours && html`<small>${words.yours}</small>`}`,
      },
      {
        title: words.columns.clients,
        cell: ({ clients }) =>
          clients.length === 0 ? html`<span class="muted">${words.noClient}</span>` : joined(clients.map(link)),
      },
      {
        title: words.columns.device,
        cell: ({ device }) =>
          device === undefined
            ? nothing
            : html`${words.device(device.browser, device.system)}<small>${device.address}</small>`,
      },
      {
        title: words.columns.started,
        cell: ({ startedAt, seenAt }) =>
          html`${ago(startedAt, moment)}${seenAt !== undefined && html`<small>${words.seen} ${ago(seenAt, moment)}</small>`}`,
      },
      {
        title: words.columns.ends,
        cell: ({ idleUntil, expiresAt }) =>
          idleUntil < expiresAt ? html`${ago(idleUntil, moment)}<small>${words.idle}</small>` : ago(expiresAt, moment),
      },
      {
        title: words.columns.end,
        cell: ({ end, name }) =>
          end === undefined
            ? nothing
            : html`<a href="${end}" aria-label="${words.endNamed(name)}">${words.columns.end}</a>`,
      },
    ],
  })
}
