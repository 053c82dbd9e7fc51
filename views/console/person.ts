/** One person: who they are to their sources, what they may do, where they are signed in. */
import { type Html, html } from '../html.ts'
import { type ConsoleLanguage, consoleWords } from '../words/console.ts'
import { type Change, historyView } from './history.ts'
import { copyable, dangerZone, descriptions, linkButton, postButton, said, secretOnce, section } from './parts.ts'
import { personState } from './people.ts'
import { type SessionLine, sessionTable } from './sessions.ts'
import { table } from './table.ts'
import { ago, exactly, type Moment } from './time.ts'

export interface PersonPage extends Moment {
  readonly id: string
  readonly name: string
  readonly enabled: boolean
  readonly createdAt: number
  readonly isSelf: boolean
  readonly email: string | undefined
  /** Of people whose password is kept here. */
  readonly local: {
    readonly username: string
    readonly hasPassword: boolean
    readonly groups: readonly string[]
  } | null
  /** Beside the password; `undefined`: none is kept here. */
  readonly factors: { readonly hasApp: boolean; readonly passkeys: number; readonly recoveryCodes: number } | undefined
  readonly identities: readonly {
    readonly source: { readonly name: string; readonly href: string }
    readonly subject: string
    readonly linkedAt: number
    readonly lastLoginAt: number | null
    /** `undefined`: it cannot be. */
    readonly unlink: string | undefined
  }[]
  readonly roles: readonly { readonly name: string; readonly client: string | null }[]
  readonly sessions: readonly SessionLine[]
  readonly changes: readonly Change[]
  readonly csrf: string
  readonly ways: Readonly<
    Record<
      'edit' | 'password' | 'enable' | 'disable' | 'endAll' | 'resetFactors' | 'erase' | 'remove' | 'traces',
      string
    >
  >
  readonly mayChange: boolean
}

export const personView = (page: PersonPage): Html =>
  html`${summary(page)}${sessions(page)}${identities(page)}${roles(page)}${historyView(page.changes, page)}${danger(page)}`

/** A password that was made here, this once. */
export const passwordView = (password: string, lang: ConsoleLanguage): Html =>
  secretOnce('password', password, consoleWords(lang).people.password, lang)

function summary({ local, factors, ways, mayChange, ...page }: PersonPage): Html {
  const { people: words, kit } = consoleWords(page.lang)
  const has = local?.hasPassword ? words.hasPassword : words.noPassword
  return section(
    words.summary,
    descriptions([
      [
        words.state,
        html`${personState(page.enabled, page)}${page.isSelf && html` <span class="muted">(${words.self})</span>`}`,
      ],
      [words.id, copyable('person-id', page.id, words.id, page.lang)],
      [words.username, local ? said(local.username) : undefined],
      [words.email, page.email === undefined ? undefined : said(page.email)],
      [words.password, local ? has : undefined],
      [words.factors, factors && words.hasFactors(factors)],
      [words.groups, local ? (local.groups.length === 0 ? kit.none : said(local.groups.join(', '))) : undefined],
      [words.created, ago(page.createdAt, page)],
      [words.traces, html`<a href="${ways.traces}">${words.tracesLink}</a>`],
    ]),
    {
      ...(mayChange && {
        actions: html`<div class="actions">${local !== null && linkButton(ways.password, words.reset)}${linkButton(ways.edit, words.edit)}</div>`,
      }),
    },
  )
}

function sessions({ sessions: rows, ways, mayChange, ...page }: PersonPage): Html {
  const { people: words } = consoleWords(page.lang)
  const all = mayChange && rows.length > 0 && { actions: linkButton(ways.endAll, words.endAll) }
  return section(words.sessions, sessionTable(rows, html`<p>${words.noSessions}</p>`, page), { ...all })
}

function identities({ identities: rows, mayChange, ...page }: PersonPage): Html {
  const { people: words, kit } = consoleWords(page.lang)
  return section(
    words.identities,
    html`<p class="muted">${words.identitiesLead}</p>${table({
      caption: words.identities,
      rows,
      empty: html`<p>${words.noIdentities}</p>`,
      columns: [
        {
          ...{ title: words.columns.source, header: true },
          cell: ({ source }) => html`<a href="${source.href}">${said(source.name)}</a>`,
        },
        { title: words.subject, cell: ({ subject }) => html`<code>${subject}</code>` },
        { title: words.linked, cell: ({ linkedAt }) => exactly(linkedAt, page) },
        {
          title: words.lastLogin,
          cell: ({ lastLoginAt }) => (lastLoginAt === null ? kit.never : ago(lastLoginAt, page)),
        },
        ...(mayChange
          ? [
              {
                title: words.unlink,
                cell: ({ unlink, source }: PersonPage['identities'][number]) =>
                  unlink === undefined
                    ? html`<span class="muted" aria-hidden="true">–</span>`
                    : html`<a href="${unlink}" aria-label="${words.unlinkNamed(source.name)}">${words.unlink}</a>`,
              },
            ]
          : []),
      ],
    })}`,
  )
}

function roles({ roles: rows, lang }: PersonPage): Html {
  const { people: words } = consoleWords(lang)
  return section(
    words.roles,
    html`<p class="muted">${words.rolesLead}</p>${table({
      caption: words.roles,
      rows,
      empty: html`<p>${words.noRoles}</p>`,
      columns: [
        { title: words.role, header: true, cell: ({ name }) => said(name) },
        {
          title: words.ofClient,
          cell: ({ client }) =>
            client === null ? html`<span class="muted">${words.realm}</span>` : html`<code>${client}</code>`,
        },
      ],
    })}`,
  )
}

function danger({ name, enabled, isSelf, factors, ways, csrf, mayChange, lang }: PersonPage): Html | undefined {
  const { people: words, kit } = consoleWords(lang)
  if (!mayChange) return undefined
  const button = (href: string, label: string) =>
    isSelf
      ? html`<button type="button" class="button danger" disabled>${label}</button>`
      : html`<a class="button danger" href="${href}">${label}</a>`
  const hasFactors = factors !== undefined && (factors.hasApp || factors.passkeys > 0)
  return dangerZone(
    [
      enabled
        ? {
            ...{ title: words.disableTitle(name), body: isSelf ? words.ownAccount : words.disableWhat },
            action: button(ways.disable, words.disable),
          }
        : {
            ...{ title: words.enable, body: words.enableWhat },
            action: postButton({ action: ways.enable, csrf, label: words.enable }),
          },
      ...(hasFactors
        ? [
            {
              ...{ title: words.resetFactors, body: isSelf ? words.ownFactors : words.resetFactorsWhat },
              action: button(ways.resetFactors, words.resetFactors),
            },
          ]
        : []),
      {
        ...{ title: words.erase, body: words.eraseWhat },
        action: html`<a class="button danger" href="${ways.erase}">${words.erase}</a>`,
      },
      {
        ...{ title: words.removeTitle(name), body: isSelf ? words.ownAccount : words.removeWhat },
        action: button(ways.remove, kit.remove),
      },
    ],
    lang,
  )
}
