/** One API: where it is, who may call it in plain words, what it is told, what was changed. */
import { type Html, html } from '../html.ts'
import { consoleWords } from '../words/console.ts'
import { enforcementState } from './apis.ts'
import { type Change, historyView } from './history.ts'
import { copyable, dangerZone, descriptions, linkButton, notice, said, section } from './parts.ts'
import { table } from './table.ts'
import { exactly, type Moment } from './time.ts'

interface Rules {
  readonly enforcement: 'enforce' | 'report'
  readonly require_api_key: boolean
  readonly key_must_match_token: boolean
  readonly required_scopes: readonly string[]
  readonly required_roles: readonly string[]
  readonly required_groups: readonly string[]
  readonly claims: readonly {
    readonly claim: string
    readonly match: 'any' | 'all' | 'exact' | 'none'
    readonly values: readonly unknown[]
  }[]
  readonly sender_constraint: 'dpop' | 'mtls' | 'either' | null
  readonly required_acr: readonly string[]
  readonly max_auth_age: number | null
  readonly rate_limit: {
    readonly requests: number
    readonly window: number
    readonly by: 'application' | 'client' | 'user' | 'address'
  } | null
  readonly identity_headers: readonly string[] | null
  readonly mask: readonly {
    readonly json_path: string
    readonly unless_group: string | null
    readonly unless_role: string | null
  }[]
}

interface Accepted {
  readonly name: string
  readonly enabled: boolean
  readonly href: string
  /** `null`: what its mapping says. */
  readonly roles: readonly { readonly when_group?: string | undefined; readonly role: string }[] | null
  readonly sunset: number | null
}

interface Entitled {
  readonly id: string
  /** `undefined`: there is no such client any more. */
  readonly name: string | undefined
  readonly href: string | undefined
  readonly isNamed: boolean
  readonly keys: number
}

export interface ApiPage extends Moment {
  readonly api: {
    readonly name: string
    readonly slug: string
    readonly audience: string | null
    readonly hosts: readonly string[]
    readonly pathPrefix: string
    readonly rules: Rules
  }
  /** Where clients find how to get a token for it; `undefined`: it says nothing that could be told. */
  readonly metadata: string | undefined
  readonly sources: readonly Accepted[]
  /** Besides those that are listed. */
  readonly isForEveryClient: boolean
  readonly entitled: readonly Entitled[]
  /** Of the keys that are good: how many were looked at, and how many there are. */
  readonly keys: { readonly shown: number; readonly all: number }
  readonly changes: readonly Change[]
  readonly ways: {
    readonly edit: string
    readonly access: string
    readonly recipes: string
    readonly remove: string
  }
  readonly mayEdit: boolean
}

export function apiView(page: ApiPage): Html {
  return html`${summary(page)}${who(page)}${told(page)}${historyView(page.changes, page)}${danger(page)}`
}

function summary({ api, metadata, ways, mayEdit, lang }: ApiPage): Html {
  const { apis: words } = consoleWords(lang)
  const { hosts, pathPrefix, audience, rules } = api
  return section(
    words.summary,
    descriptions([
      [words.columns.enforcement, enforcementState(rules.enforcement, lang)],
      [
        words.address,
        hosts.length === 0
          ? words.noAddress
          : html`<ul>${hosts.map((host) => html`<li><code>${host}${pathPrefix}</code></li>`)}</ul>`,
      ],
      [
        words.fields.audience.label,
        audience === null ? undefined : copyable('audience', audience, words.fields.audience.label, lang),
      ],
      [words.slug, html`<code>${api.slug}</code>`],
      [words.metadata, metadata === undefined ? undefined : copyable('metadata', metadata, words.metadata, lang)],
    ]),
    {
      actions: html`<div class="actions">${linkButton(ways.recipes, words.recipes)}${mayEdit && linkButton(ways.edit, words.edit)}</div>`,
    },
  )
}

function who(page: ApiPage): Html {
  const { api, sources, ways, lang } = page
  const { apis: words } = consoleWords(lang)
  const rules = ruleLines(api.rules, lang)
  return section(
    words.who,
    html`${api.rules.enforcement === 'report' && notice('warning', words.onlyReported)}
${sources.length === 0 ? html`<p>${words.sourcesAny}</p>` : html`<p>${words.sourcesThese}</p><ul class="bullets">${sources.map((source) => html`<li>${sourceLine(source, page)}</li>`)}</ul>`}
<p>${api.audience === null ? words.withoutAudience : html`${words.withAudience} <code>${api.audience}</code>`}</p>
${rules.length === 0 ? html`<p>${words.rules.none}</p>` : html`<p>${words.rules.title}:</p><ul class="bullets">${rules.map((line) => html`<li>${line}</li>`)}</ul>`}
<h3>${words.entitled}</h3>${page.isForEveryClient && html`<p>${words.everyClient}</p>`}${(!page.isForEveryClient || page.entitled.length > 0) && entitledTable(page)}`,
    { id: 'who', actions: linkButton(ways.access, words.check, 'primary') },
  )
}

function sourceLine({ name, enabled, href, roles, sunset }: Accepted, moment: Moment): Html {
  const { apis: words } = consoleWords(moment.lang)
  const here =
    roles === null
      ? undefined
      : roles.length === 0
        ? words.noRolesHere
        : words.sourceRoles(
            roles.map(({ when_group: group, role }) => (group === undefined ? role : `${role} (${group})`)).join(', '),
          )
  return html`<a class="line" href="${href}">${said(name)}</a>${!enabled && html` <span class="muted">(${words.off})</span>`}${here !== undefined && html` – ${here}`}${sunset !== null && html` – ${sunset <= moment.now ? words.ended : words.until} ${exactly(sunset, moment)}`}`
}

/** What is asked of every call, a sentence for each. */
function ruleLines(rules: Rules, lang: Moment['lang']): readonly string[] {
  const { rules: words, counters } = consoleWords(lang).apis
  const list = (values: readonly unknown[]) => values.map(String).join(', ')
  const { rate_limit: limit } = rules
  const lines: readonly (string | false)[] = [
    rules.require_api_key && words.key,
    rules.key_must_match_token && words.keyMatch,
    rules.required_scopes.length > 0 && words.scopes(list(rules.required_scopes)),
    rules.required_roles.length > 0 && words.roles(list(rules.required_roles)),
    rules.required_groups.length > 0 && words.groups(list(rules.required_groups)),
    ...rules.claims.map(({ claim, match, values }) => words.claim[match](claim, list(values))),
    rules.sender_constraint !== null && words.binding[rules.sender_constraint],
    rules.required_acr.length > 0 && words.acr(list(rules.required_acr)),
    rules.max_auth_age !== null && words.age(rules.max_auth_age),
    limit !== null && words.limit(limit.requests, limit.window, counters[limit.by]),
  ]
  return lines.filter((line) => line !== false)
}

function entitledTable({ entitled, keys, lang }: ApiPage): Html {
  const { apis: words } = consoleWords(lang)
  const why = ({ isNamed, keys: own }: Entitled) =>
    [isNamed && words.becauseNamed, own > 0 && words.becauseKey(own)].filter(Boolean).join(', ')
  return html`${table({
    caption: words.entitled,
    rows: entitled,
    empty: html`<p>${words.nobodyEntitled}</p>`,
    columns: [
      {
        ...{ title: words.entitledColumns.name, header: true },
        cell: ({ name, href }) => {
          if (name === undefined) return html`<span class="muted">${words.goneClient}</span>`
          return href === undefined ? said(name) : html`<a href="${href}">${said(name)}</a>`
        },
      },
      { title: words.entitledColumns.id, cell: ({ id }) => html`<code>${id}</code>` },
      { title: words.entitledColumns.why, cell: why },
    ],
  })}${keys.all > keys.shown && html`<p class="muted">${words.moreKeys(keys.shown, keys.all)}</p>`}`
}

function told({ api: { rules }, lang }: ApiPage): Html {
  const { apis: words } = consoleWords(lang)
  const { identity_headers: headers, mask } = rules
  const unless = (names: readonly (string | null)[]) => names.filter((name) => name !== null).join(', ')
  return section(
    words.told,
    descriptions([
      [
        words.toldHeaders,
        headers === null
          ? words.toldAll
          : headers.length === 0
            ? words.toldNothing
            : html`<code>${headers.join(', ')}</code>`,
      ],
      [
        words.masks,
        mask.length === 0
          ? undefined
          : html`<ul>${mask.map(({ json_path, unless_group, unless_role }) => {
              const who = unless([unless_group, unless_role])
              return html`<li>${words.mask(json_path)}${who !== '' && words.maskUnless(who)}</li>`
            })}</ul>`,
      ],
    ]),
  )
}

function danger({ api, ways, mayEdit, lang }: ApiPage): Html | undefined {
  const { apis: words } = consoleWords(lang)
  if (!mayEdit) return undefined
  return dangerZone(
    [
      {
        ...{ title: words.removeTitle(api.name), body: words.removeWhat },
        action: html`<a class="button danger" href="${ways.remove}">${words.remove}</a>`,
      },
    ],
    lang,
  )
}
