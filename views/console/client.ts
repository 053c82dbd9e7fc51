/** One client: what to paste into the application, what it may do, its secrets. */
import { type Html, html } from '../html.ts'
import { type ConsoleLanguage, consoleWords } from '../words/console.ts'
import { type ClientKindName, clientState } from './clients.ts'
import { type Change, historyView } from './history.ts'
import {
  copyable,
  dangerZone,
  descriptions,
  inLine,
  linkButton,
  notice,
  postButton,
  said,
  secretOnce,
  section,
  state,
} from './parts.ts'
import { table } from './table.ts'
import { ago, exactly, type Moment } from './time.ts'

interface Named {
  readonly name: string
  readonly href: string
}

interface ShownClient {
  readonly id: string
  readonly enabled: boolean
  readonly metadata: {
    readonly client_name?: string
    readonly redirect_uris?: readonly string[]
    readonly post_logout_redirect_uris?: readonly string[]
    readonly grant_types?: readonly string[]
    readonly token_endpoint_auth_method?: string
    readonly scope?: string
    readonly [name: string]: unknown
  }
  readonly webOrigins: readonly string[]
  readonly firstParty: boolean
  readonly tokenProfile: 'broker' | 'rfc9068'
}

export interface ClientPage extends Moment {
  readonly client: ShownClient
  readonly kind: ClientKindName
  readonly builtIn: 'console' | 'bootstrap' | undefined
  readonly issuer: string
  /** `null`: any. */
  readonly sources: readonly Named[] | null
  readonly standsFor: readonly Named[] | '*'
  readonly entitled: readonly Named[]
  /** Whose own it is. */
  readonly application: Named | undefined
  readonly secrets: readonly {
    readonly createdAt: number
    readonly expiresAt: number | null
    readonly usedAt: number | null
  }[]
  readonly changes: readonly Change[]
  readonly csrf: string
  readonly ways: Readonly<Record<'edit' | 'enable' | 'disable' | 'remove' | 'secret' | 'sessions', string>>
  readonly mayChange: boolean
}

export const clientView = (page: ClientPage): Html =>
  html`${notices(page)}${paste(page)}${summary(page)}${addresses(page)}${secrets(page)}${entitled(page)}${historyView(page.changes, page)}${danger(page)}`

/** What the answer to making or rotating shows, this once. */
export const secretView = ({ newSecret }: { readonly newSecret?: string }, lang: ConsoleLanguage): Html | undefined =>
  newSecret === undefined ? undefined : secretOnce('client-secret', newSecret, consoleWords(lang).clients.secret, lang)

function notices({ builtIn, application, lang }: ClientPage): Html {
  const { clients: words } = consoleWords(lang)
  return html`${builtIn && notice('warning', words.builtIn[builtIn])}${application && notice('warning', html`<p>${words.belongsTo} <a href="${application.href}">${said(application.name)}</a></p>`)}`
}

function paste({ issuer, client, kind, lang }: ClientPage): Html {
  const { clients: words } = consoleWords(lang)
  const value = (id: string, text: string, label: string) =>
    [label, copyable(`paste-${id}`, text, label, lang)] as const
  return section(
    words.paste,
    html`<p class="muted">${words.pasteLead}</p>${descriptions([
      value('issuer', issuer, words.issuer),
      value('id', client.id, words.id),
      value('discovery', `${issuer}/.well-known/openid-configuration`, words.discovery),
      ...(kind === 'machine' ? [value('token', `${issuer}/token`, words.tokenEndpoint)] : []),
      ...(kind === 'resource_server'
        ? [
            value('introspect', `${issuer}/introspect`, words.introspection),
            value('jwks', `${issuer}/jwks`, words.jwks),
          ]
        : []),
    ])}`,
  )
}

function summary({ client, kind, sources, standsFor, ways, mayChange, lang }: ClientPage): Html {
  const { clients: words, kit } = consoleWords(lang)
  const { metadata } = client
  const signsIn = metadata.grant_types?.includes('authorization_code') ?? false
  const method = metadata.token_endpoint_auth_method
  const isNamed = standsFor === '*' || standsFor.length > 0
  return section(
    words.summary,
    descriptions([
      [words.state, clientState(client.enabled, { lang })],
      [words.kind, words.kinds[kind].name],
      [words.grants, metadata.grant_types?.length ? html`<code>${metadata.grant_types.join(' ')}</code>` : kit.none],
      [words.method, method === 'none' ? words.publicClient : html`<code>${method ?? ''}</code>`],
      [
        words.sources,
        signsIn
          ? sources === null
            ? words.anySource
            : sources.length === 0
              ? words.noSource
              : inLine(sources)
          : undefined,
      ],
      [words.firstParty, signsIn ? (client.firstParty ? kit.yes : `${kit.no}: ${words.consent}`) : undefined],
      [words.scope, metadata.scope === undefined ? words.anyScope : html`<code>${metadata.scope}</code>`],
      [words.profile, words.profiles[client.tokenProfile]],
      [words.standsFor, isNamed ? (standsFor === '*' ? words.everyApi : inLine(standsFor)) : undefined],
      [words.sessions, signsIn ? html`<a href="${ways.sessions}">${words.sessionsLink}</a>` : undefined],
    ]),
    { ...(mayChange && { actions: linkButton(ways.edit, words.edit) }) },
  )
}

function addresses({ client, lang }: ClientPage): Html | undefined {
  const { clients: words } = consoleWords(lang)
  const { redirect_uris = [], post_logout_redirect_uris = [], backchannel_logout_uri } = client.metadata
  const list = (all: readonly string[]) =>
    all.length === 0 ? undefined : html`<ul>${all.map((one) => html`<li><code>${one}</code></li>`)}</ul>`
  const told = typeof backchannel_logout_uri === 'string' ? [backchannel_logout_uri] : []
  if ([...redirect_uris, ...post_logout_redirect_uris, ...client.webOrigins, ...told].length === 0) return undefined
  return section(
    words.addresses,
    descriptions([
      [words.redirects, list(redirect_uris)],
      [words.postLogout, list(post_logout_redirect_uris)],
      [words.origins, list(client.webOrigins)],
      [words.backchannel, list(told)],
    ]),
  )
}

function secrets({ secrets: all, ways, builtIn, mayChange, ...page }: ClientPage): Html | undefined {
  const { clients: words, kit } = consoleWords(page.lang)
  if (all.length === 0) return undefined
  const mayRotate = mayChange && builtIn === undefined
  return section(
    words.secrets,
    html`<p class="muted">${builtIn === 'bootstrap' ? words.builtIn.noRotate : words.secretsLead}</p>${table({
      caption: words.secrets,
      rows: all,
      empty: html``,
      columns: [
        { title: words.secretMade, header: true, cell: ({ createdAt }) => ago(createdAt, page) },
        {
          title: words.secretState,
          cell: ({ expiresAt }) =>
            expiresAt === null
              ? state('good', words.secretNow)
              : state('warning', words.secretUntil, exactly(expiresAt, page)),
        },
        {
          title: words.secretUsed,
          cell: ({ usedAt }) => (usedAt === null ? html`<span class="muted">${kit.never}</span>` : ago(usedAt, page)),
        },
      ],
    })}`,
    { ...(mayRotate && { actions: linkButton(ways.secret, words.rotate) }) },
  )
}

function entitled({ entitled: apis, kind, lang }: ClientPage): Html | undefined {
  const { clients: words } = consoleWords(lang)
  if (kind === 'resource_server') return undefined
  return section(
    words.entitled,
    apis.length === 0
      ? html`<p class="muted">${words.entitledNone}</p>`
      : html`<ul>${apis.map(({ name, href }) => html`<li><a href="${href}">${said(name)}</a></li>`)}</ul>`,
    { id: 'apis' },
  )
}

function danger({
  client,
  ways,
  builtIn,
  application,
  entitled: apis,
  csrf,
  mayChange,
  lang,
}: ClientPage): Html | undefined {
  const { clients: words, kit } = consoleWords(lang)
  if (!mayChange) return undefined
  const name = client.metadata.client_name ?? client.id
  const blocked = html`<button type="button" class="button danger" disabled>${kit.remove}</button>`
  const switching = client.enabled
    ? {
        title: words.disableTitle(name),
        body: builtIn === 'console' ? words.builtIn.noSwitch : words.disableWhat,
        action:
          builtIn === 'console'
            ? html`<button type="button" class="button danger" disabled>${words.disable}</button>`
            : html`<a class="button danger" href="${ways.disable}">${words.disable}</a>`,
      }
    : {
        ...{ title: words.enable, body: words.enableWhat },
        action: postButton({ action: ways.enable, csrf, label: words.enable }),
      }
  const removing = {
    title: words.removeTitle(name),
    body: builtIn
      ? words.builtIn.noRemove
      : application
        ? html`${words.removeBlocked} <a href="${application.href}">${said(application.name)}</a>`
        : apis.length > 0
          ? html`${words.removeNamed} ${inLine(apis)}`
          : words.removeWhat,
    action:
      builtIn || application || apis.length > 0
        ? blocked
        : html`<a class="button danger" href="${ways.remove}">${kit.remove}</a>`,
  }
  return dangerZone(application ? [removing] : [switching, removing], lang)
}

/** What a new client can be. */
export function kindsView(
  kinds: readonly { readonly kind: ClientKindName; readonly href: string }[],
  lang: ConsoleLanguage,
): Html {
  const { clients: words } = consoleWords(lang)
  return html`<ul class="cards">${kinds.map(({ kind, href }) => html`<li><a class="card" href="${href}"><strong>${words.kinds[kind].name}</strong><small>${words.kinds[kind].what}</small></a></li>`)}</ul>`
}
