/** Roles: the list, and one of them with who uses it. */
import { type Html, html } from '../html.ts'
import { consoleWords } from '../words/console.ts'
import { dangerZone, descriptions, linkButton, nothing, said, section } from './parts.ts'
import { pager, searchForm, table } from './table.ts'
import type { Moment } from './time.ts'

export interface RoleRow {
  readonly name: string
  /** `null`: a realm role. */
  readonly client: string | null
  readonly description: string
  readonly href: string
}

export interface RoleList extends Moment {
  readonly rows: readonly RoleRow[]
  readonly action: string
  readonly add: string | undefined
  readonly search: string
  readonly next: string | undefined
  readonly first: string | undefined
}

const owner = (client: string | null, { lang }: Pick<Moment, 'lang'>): Html =>
  client === null ? html`<span class="muted">${consoleWords(lang).roles.realm}</span>` : html`<code>${client}</code>`

export function rolesView(page: RoleList): Html {
  const { roles: words, kit } = consoleWords(page.lang)
  return html`${searchForm({ action: page.action, value: page.search, label: words.search, count: kit.shown(page.rows.length, undefined), lang: page.lang })}${table(
    {
      caption: words.title,
      rows: page.rows,
      empty:
        page.search === ''
          ? html`<p>${words.empty}</p>${page.add !== undefined && linkButton(page.add, words.add, 'primary')}`
          : html`<p>${words.noneFound}</p><p><a href="${page.action}">${kit.showAll}</a></p>`,
      columns: [
        {
          ...{ title: words.columns.name, header: true },
          cell: ({ name, href }) => html`<a href="${href}">${said(name)}</a>`,
        },
        { title: words.columns.client, cell: ({ client }) => owner(client, page) },
        {
          title: words.columns.description,
          cell: ({ description }) => (description === '' ? nothing : said(description)),
        },
      ],
    },
  )}${pager(page)}`
}

export interface RoleUser {
  readonly kind: 'source' | 'account' | 'api' | 'portal'
  readonly name: string
  readonly href: string
}

export interface RolePage extends Moment {
  readonly name: string
  readonly client: string | null
  readonly description: string
  /** It opens the console. */
  readonly isOurs: boolean
  readonly users: readonly RoleUser[]
  readonly ways: Readonly<Record<'edit' | 'remove', string>>
  readonly mayEdit: boolean
}

export function roleView(page: RolePage): Html {
  const { roles: words, kit } = consoleWords(page.lang)
  const { description, isOurs, ways, mayEdit } = page
  const summary = descriptions([
    [words.client, isOurs ? words.gatehouse : owner(page.client, page)],
    [words.description, description === '' ? kit.none : said(description)],
  ])
  const users = table({
    caption: words.usage,
    rows: page.users,
    empty: html`<p>${words.unused}</p>`,
    columns: [
      { title: words.name, header: true, cell: ({ name, href }) => html`<a href="${href}">${said(name)}</a>` },
      { title: words.kind, cell: ({ kind }) => words.kinds[kind] },
    ],
  })
  return html`${section(words.summary, summary, { ...(mayEdit && { actions: linkButton(ways.edit, kit.edit) }) })}${section(words.usage, users, { id: 'usage' })}${mayEdit && danger(page)}`
}

function danger({ name, isOurs, users, ways, lang }: RolePage): Html {
  const { roles: words, kit } = consoleWords(lang)
  const isHeld = users.some(({ kind }) => kind === 'source' || kind === 'account')
  const held = html`${words.removeBlocked} <a href="#usage">${words.usage}</a>`
  return dangerZone(
    [
      {
        title: words.removeTitle(name),
        body: isOurs ? words.removeOurs : isHeld ? held : words.removeWhat,
        action:
          isOurs || isHeld
            ? html`<button type="button" class="button danger" disabled>${kit.remove}</button>`
            : html`<a class="button danger" href="${ways.remove}">${kit.remove}</a>`,
      },
    ],
    lang,
  )
}
