/** Developer portals: the list, and one of them. */
import { type Html, html } from '../html.ts'
import { consoleWords } from '../words/console.ts'
import { type List, listing } from './listing.ts'
import { dangerZone, descriptions, linkButton, nothing, said, section } from './parts.ts'
import type { Moment } from './time.ts'

interface Named {
  readonly name: string
  readonly href: string
}

export interface PortalRow {
  readonly name: string
  readonly slug: string
  readonly href: string
  readonly source: Named
  readonly apis: number
  readonly requiredRoles: readonly string[]
}

export interface PortalList extends List<PortalRow>, Moment {}

export function portalsView(page: PortalList): Html {
  const { portals: words } = consoleWords(page.lang)
  return listing(page, words, {
    columns: [
      {
        ...{ title: words.columns.name, header: true },
        cell: ({ name, slug, href }) => html`<a href="${href}">${said(name)}</a><small><code>${slug}</code></small>`,
      },
      { title: words.columns.source, cell: ({ source }) => html`<a href="${source.href}">${said(source.name)}</a>` },
      { title: words.columns.apis, figures: true, cell: ({ apis }) => (apis === 0 ? nothing : apis) },
      {
        title: words.columns.roles,
        cell: ({ requiredRoles }) => (requiredRoles.length === 0 ? nothing : said(requiredRoles.join(', '))),
      },
    ],
  })
}

export interface PortalPage extends Moment {
  readonly name: string
  readonly slug: string
  readonly source: Named
  readonly apis: readonly Named[]
  readonly requiredRoles: readonly string[]
  readonly ways: Readonly<Record<'edit' | 'remove', string>>
  readonly mayEdit: boolean
}

export function portalView({ name, slug, source, apis, requiredRoles, ways, mayEdit, lang }: PortalPage): Html {
  const { portals: words, kit } = consoleWords(lang)
  const summary = descriptions([
    [words.slug, html`<code>${slug}</code>`],
    [words.source, html`<a href="${source.href}">${said(source.name)}</a>`],
    [words.roles, requiredRoles.length === 0 ? words.everybody : words.withRoles(requiredRoles.join(', '))],
  ])
  const offered =
    apis.length === 0
      ? html`<p class="muted">${words.noApis}</p>`
      : html`<ul>${apis.map((api) => html`<li><a href="${api.href}">${said(api.name)}</a></li>`)}</ul>`
  const removing = {
    ...{ title: words.removeTitle(name), body: words.removeWhat },
    action: html`<a class="button danger" href="${ways.remove}">${kit.remove}</a>`,
  }
  return html`${section(words.summary, summary, { ...(mayEdit && { actions: linkButton(ways.edit, kit.edit) }) })}${section(words.apis, offered)}${mayEdit && dangerZone([removing], lang)}`
}
