/** One authentication source: how it is, what the other side needs, who uses it, what was changed. */

import { type Html, html } from '../html.ts'
import { consoleWords } from '../words/console.ts'
import { type Change, historyView } from './history.ts'
import { copyable, dangerZone, descriptions, linkButton, postButton, said, section } from './parts.ts'
import { type Light, lightOf, type SourceTypeName } from './sources.ts'
import { table } from './table.ts'
import { ago, type Moment } from './time.ts'

interface User {
  readonly kind: 'api' | 'portal' | 'client'
  readonly name: string
  readonly href: string | undefined
}

export interface SourcePage extends Moment {
  readonly source: Light & {
    readonly name: string
    readonly alias: string
    readonly type: SourceTypeName
    readonly description: string
    readonly domains: readonly string[]
    readonly hidden: boolean
  }
  /** The connector's settings, by what they are called; secrets only as being there. */
  readonly settings: readonly { readonly label: string; readonly value: string | 'secret' }[]
  readonly secrets: readonly string[]
  /** Addresses to be registered over there; none where nobody is sent anywhere. */
  readonly addresses: readonly { readonly id: 'callback' | 'postLogout' | 'backchannel'; readonly url: string }[]
  readonly mapping: {
    readonly claim: string
    readonly filter: string
    readonly roles: number
    readonly attributes: number
  }
  readonly users: readonly User[]
  readonly changes: readonly Change[]
  readonly csrf: string
  readonly ways: {
    /** What happened through it. */
    readonly traces: string
    readonly edit: string
    readonly mapping: string
    readonly check: string
    /** `undefined`: nobody is sent anywhere, so there is nothing to be tested with a person. */
    readonly testLogin: string | undefined
    readonly enable: string
    readonly disable: string
    readonly remove: string
  }
  readonly may: { readonly edit: boolean; readonly administer: boolean }
}

export function sourceView(page: SourcePage): Html {
  return html`${summary(page)}${test(page)}${ours(page)}${theirs(page)}${mapping(page)}${usage(page)}${historyView(page.changes, page, linkButton(page.ways.traces, consoleWords(page.lang).traces.title))}${danger(page)}`
}

function summary({ source, ...page }: SourcePage): Html {
  const { sources: words, kit } = consoleWords(page.lang)
  return section(
    words.summary,
    descriptions([
      [words.state, lightOf(source, page)],
      [words.type, words.types[source.type]],
      [words.alias, html`<code>${source.alias}</code>`],
      [words.description, source.description === '' ? undefined : said(source.description)],
      [words.domains, source.domains.length === 0 ? kit.none : source.domains.join(', ')],
      [words.offered, source.hidden ? kit.no : kit.yes],
      [words.lastSuccess, source.lastSuccess === null ? kit.never : ago(source.lastSuccess, page)],
      [
        words.lastFailure,
        source.lastFailure === null
          ? kit.never
          : html`${ago(source.lastFailure.at, page)} – ${source.lastFailure.title}`,
      ],
    ]),
    { ...(page.may.edit && { actions: linkButton(page.ways.edit, words.edit) }) },
  )
}

function test({ ways, csrf, may, lang }: SourcePage): Html | undefined {
  const { sources: words } = consoleWords(lang)
  if (!may.edit || ways.testLogin === undefined) return undefined
  return section(
    words.test,
    html`<p class="muted">${words.testLead}</p><div class="actions">${may.administer && linkButton(ways.testLogin, words.testLogin, 'primary')}${postButton({ action: ways.check, csrf, label: words.check })}</div>`,
  )
}

function ours({ addresses, lang }: SourcePage): Html | undefined {
  const { sources: words } = consoleWords(lang)
  if (addresses.length === 0) return undefined
  return section(
    words.ours,
    descriptions(addresses.map(({ id, url }) => [words[id], copyable(`our-${id}`, url, words[id], lang)])),
  )
}

function theirs({ settings, secrets, lang }: SourcePage): Html | undefined {
  const { sources: words } = consoleWords(lang)
  if (settings.length + secrets.length === 0) return undefined
  return section(
    words.theirs,
    descriptions([
      ...settings.map(({ label, value }) => [label, html`<span class="value"><bdi>${value}</bdi></span>`] as const),
      ...secrets.map((label) => [label, html`<span class="muted">${words.secretKept}</span>`] as const),
    ]),
  )
}

function mapping({ mapping: { claim, filter, roles, attributes }, ways, may, lang }: SourcePage): Html {
  const { sources: words } = consoleWords(lang)
  return section(
    words.mapping,
    html`<p class="muted">${words.mappingLead}</p>${descriptions([
      [words.groupsFrom, html`<code>${claim}</code>`],
      [words.groupFilter, html`<code>${filter}</code>`],
      [words.mapping, `${words.attributeRules(attributes)}, ${words.roleRules(roles)}`],
    ])}`,
    { ...(may.edit && { actions: linkButton(ways.mapping, words.mappingEdit) }) },
  )
}

function usage({ users, lang }: SourcePage): Html {
  const { sources: words } = consoleWords(lang)
  return section(
    words.usage,
    table({
      caption: words.usage,
      rows: users,
      empty: html`<p>${words.usedByNobody}</p>`,
      columns: [
        {
          ...{ title: words.columns.name, header: true },
          cell: ({ name, href }) => (href === undefined ? said(name) : html`<a href="${href}">${said(name)}</a>`),
        },
        { title: words.type, cell: ({ kind }) => words[kind] },
      ],
    }),
    { id: 'usage' },
  )
}

function danger({ source, ways, users, csrf, may, lang }: SourcePage): Html | undefined {
  const { sources: words, kit } = consoleWords(lang)
  if (!may.edit) return undefined
  const blocking = users.filter(({ kind }) => kind !== 'client')
  return dangerZone(
    [
      source.enabled
        ? {
            ...{ title: words.disableTitle(source.name), body: words.disableWhat },
            action: html`<a class="button danger" href="${ways.disable}">${words.disable}</a>`,
          }
        : {
            ...{ title: words.enable, body: words.enabledWhat },
            action: postButton({ action: ways.enable, csrf, label: words.enable }),
          },
      {
        title: words.removeTitle(source.name),
        body: blocking.length > 0 ? html`${words.cannotRemove} <a href="#usage">${words.usage}</a>` : words.removeWhat,
        action:
          blocking.length > 0
            ? html`<button type="button" class="button danger" disabled>${kit.remove}</button>`
            : html`<a class="button danger" href="${ways.remove}">${kit.remove}</a>`,
      },
    ],
    lang,
  )
}
