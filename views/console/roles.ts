/** Roles: the list, and one of them with who uses it. */
import { type Html, html } from '../html.ts'
import { consoleWords } from '../words/console.ts'
import { type List, listing } from './listing.ts'
import { dangerZone, descriptions, linkButton, nothing, said, section } from './parts.ts'
import { table } from './table.ts'
import type { Moment } from './time.ts'

export interface RoleRow {
  readonly name: string
  /** `null`: a realm role. */
  readonly client: string | null
  readonly description: string
  readonly href: string
}

export interface RoleList extends List<RoleRow>, Moment {}

const owner = (client: string | null, { lang }: Pick<Moment, 'lang'>): Html =>
  client === null ? html`<span class="muted">${consoleWords(lang).roles.realm}</span>` : html`<code>${client}</code>`

export function rolesView(page: RoleList): Html {
  const { roles: words } = consoleWords(page.lang)
  return listing(page, words, {
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
  })
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
  const isHeld = users.length > 0
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
