/** One application: who answers for it, its OpenID client, its keys, what was changed, and how to switch it off. */
import { type Html, html } from '../html.ts'
import { consoleWords } from '../words/console.ts'
import { type Switches, switchState } from './applications.ts'
import { type Change, historyView } from './history.ts'
import {
  copyable,
  dangerZone,
  descriptions,
  inLine,
  linkButton,
  nothing,
  postButton,
  said,
  section,
  state,
} from './parts.ts'
import { pager, table } from './table.ts'
import { ago, exactly, type Moment } from './time.ts'

export interface KeyRow {
  readonly prefix: string
  readonly name: string
  /** `undefined`: it is gone. */
  readonly api: { readonly name: string; readonly href: string } | undefined
  readonly expiresAt: number | null
  readonly lastUsedAt: number | null
  readonly rotate: string
  readonly revoke: string
}

export interface ApplicationPage extends Moment {
  readonly application: Switches & {
    readonly name: string
    readonly slug: string | null
    readonly description: string
    readonly owner: { readonly name: string; readonly email: string } | null
    readonly createdAt: number
  }
  readonly client: {
    readonly id: string
    readonly authentication: string
    readonly redirectUris: readonly string[]
    /** The newest first; times in milliseconds. */
    readonly secrets: readonly { readonly createdAt: number; readonly expiresAt: number | null }[]
  }
  /** Those that name its client, and so keep it. */
  readonly namedBy: readonly { readonly name: string; readonly href: string }[]
  readonly keys: readonly KeyRow[]
  /** Of the keys. */
  readonly next: string | undefined
  readonly first: string | undefined
  readonly changes: readonly Change[]
  readonly csrf: string
  readonly ways: {
    readonly edit: string
    readonly secret: string
    readonly makeKey: string
    readonly remove: string
    disable(side: 'publisher' | 'consumer'): string
    enable(side: 'publisher' | 'consumer'): string
  }
  readonly mayEdit: boolean
}

const day = 86_400_000
/** Milliseconds before its end from which a key is said to end soon. */
const soon = 14 * day

export function applicationView(page: ApplicationPage): Html {
  return html`${summary(page)}${client(page)}${keys(page)}${historyView(page.changes, page)}${danger(page)}`
}

function summary({ application, ways, mayEdit, ...page }: ApplicationPage): Html {
  const { applications: words } = consoleWords(page.lang)
  const { owner } = application
  return section(
    words.summary,
    descriptions([
      [words.columns.state, switchState(application, page)],
      [
        words.owner,
        owner ? html`${said(owner.name)} · <a href="mailto:${owner.email}">${said(owner.email)}</a>` : words.noOwner,
      ],
      [words.fields.description.label, application.description === '' ? undefined : said(application.description)],
      [words.fields.slug.label, application.slug === null ? undefined : html`<code>${application.slug}</code>`],
      [words.added, ago(application.createdAt, page)],
    ]),
    { ...(mayEdit && { actions: linkButton(ways.edit, words.edit) }) },
  )
}

function client({ client: own, ways, mayEdit, ...page }: ApplicationPage): Html {
  const { applications: words } = consoleWords(page.lang)
  const isPublic = own.authentication === 'none'
  const [newest, former] = own.secrets
  const secrets =
    newest === undefined
      ? isPublic
        ? words.noSecret
        : words.ownKey
      : html`${words.secretInUse} ${exactly(newest.createdAt, page)}${former !== undefined && (former.expiresAt ?? 0) > page.now && html`; ${words.secretUntil} ${exactly(former.expiresAt ?? 0, page)}`}`
  return section(
    words.client,
    html`<p class="muted">${words.clientLead}</p>${descriptions([
      [words.clientId, copyable('client-id', own.id, words.clientId, page.lang)],
      [words.authentication, html`<code>${own.authentication}</code>`],
      [words.secrets, secrets],
      [
        words.redirects,
        own.redirectUris.length === 0
          ? undefined
          : html`<ul>${own.redirectUris.map((uri) => html`<li><code>${uri}</code></li>`)}</ul>`,
      ],
    ])}`,
    { ...(mayEdit && newest !== undefined && { actions: linkButton(ways.secret, words.rotateSecret) }) },
  )
}

function keys({ application, keys: rows, ways, mayEdit, ...page }: ApplicationPage): Html {
  const { applications: words } = consoleWords(page.lang)
  const isOff = application.disabledByPublisher || application.disabledByConsumer
  const make = linkButton(ways.makeKey, words.makeKey)
  const keyState = ({ expiresAt }: KeyRow) => {
    if (expiresAt !== null && expiresAt <= page.now) return state('bad', words.keyStates.expired)
    if (isOff) return state('off', words.keyStates.shut)
    const endsSoon = expiresAt !== null && expiresAt - page.now < soon
    return endsSoon ? state('warning', words.keyStates.ends) : state('good', words.keyStates.good)
  }
  return section(
    words.keys,
    html`<p class="muted">${words.keysLead}</p>${table({
      caption: words.keys,
      rows,
      empty: html`<p>${words.noKeys}</p>`,
      columns: [
        {
          ...{ title: words.keyColumns.key, header: true },
          cell: ({ prefix, name }) => html`<code>${prefix}…</code>${name !== '' && html`<small>${said(name)}</small>`}`,
        },
        {
          title: words.keyColumns.api,
          cell: ({ api }) => (api ? html`<a href="${api.href}">${said(api.name)}</a>` : words.goneApi),
        },
        { title: words.keyColumns.state, cell: keyState },
        {
          title: words.keyColumns.used,
          cell: ({ lastUsedAt }) => (lastUsedAt === null ? words.neverUsed : ago(lastUsedAt, page)),
        },
        {
          title: words.keyColumns.expires,
          cell: ({ expiresAt }) => (expiresAt === null ? words.neverExpires : exactly(expiresAt, page)),
        },
        {
          title: words.keyColumns.change,
          cell: ({ prefix, rotate, revoke }) =>
            mayEdit
              ? html`<span class="beside"><a href="${rotate}" aria-label="${words.rotateKeyNamed(prefix)}">${words.rotateKey}</a> <a href="${revoke}" aria-label="${words.revokeKeyNamed(prefix)}">${words.revokeKey}</a></span>`
              : nothing,
        },
      ],
    })}${pager(page)}`,
    { id: 'keys', ...(mayEdit && { actions: make }) },
  )
}

function danger({ application, namedBy, ways, csrf, mayEdit, lang }: ApplicationPage): Html | undefined {
  const { applications: words } = consoleWords(lang)
  if (!mayEdit) return undefined
  const switches = (['publisher', 'consumer'] as const).map((side) => {
    const own = words.sides[side]
    const isOff = side === 'publisher' ? application.disabledByPublisher : application.disabledByConsumer
    return {
      title: own.title,
      body: isOff ? own.off : own.on,
      action: isOff
        ? postButton({ action: ways.enable(side), csrf, label: own.enable })
        : html`<a class="button danger" href="${ways.disable(side)}">${own.disable}</a>`,
    }
  })
  return dangerZone(
    [
      ...switches,
      {
        title: words.removeTitle(application.name),
        body: namedBy.length > 0 ? html`${words.removeNamed} ${inLine(namedBy)}` : words.removeWhat,
        action:
          namedBy.length > 0
            ? html`<button type="button" class="button danger" disabled>${words.remove}</button>`
            : html`<a class="button danger" href="${ways.remove}">${words.remove}</a>`,
      },
    ],
    lang,
  )
}
