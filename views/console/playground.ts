/** The token playground: what tokens would be, and what is in one. */
import { type Html, html } from '../html.ts'
import { consoleWords } from '../words/console.ts'
import type { Text } from '../words.ts'
import { descriptions, json, notice, said, section, state } from './parts.ts'
import { exactly, type Moment } from './time.ts'
import { type Party, partyLink } from './traces.ts'

interface Explained {
  readonly title: string
  readonly cause: string
  readonly fix: string
  readonly code: string
}

export interface Gateway {
  readonly api: string
  /** What the API's backend would be told; `undefined`: the call is refused. */
  readonly headers: Readonly<Record<string, string>> | undefined
  readonly needsKey: boolean
  readonly reason: Explained | undefined
  readonly detail: string | undefined
}

interface Token {
  readonly header: unknown
  readonly payload: unknown
  readonly bytes: number
}

export interface Tokens {
  readonly access: Token
  readonly tooLarge: boolean
  readonly id: Token | undefined
  readonly userinfo: unknown
  readonly introspection: unknown
  readonly gateway: Gateway | undefined
}

export interface Playground extends Moment {
  readonly action: string
  readonly asked: {
    readonly client: string
    readonly person: string
    readonly source: string
    readonly api: string
    readonly scopes: ReadonlySet<string>
  }
  readonly scopes: readonly string[]
  /** What was typed names nothing. */
  readonly problem: Text | undefined
  /** Whom it may have meant. */
  readonly people: { readonly typed: string; readonly fitting: readonly Party[] } | undefined
  readonly refused: Explained | undefined
  readonly tokens: Tokens | undefined
}

export function playgroundView(page: Playground): Html {
  const { playground: words } = consoleWords(page.lang)
  return html`${wishForm(page)}
${page.problem !== undefined && notice('warning', page.problem, 'alert')}
${page.people && notice('warning', html`<p>${words.severalFit(page.people.typed)}</p><ul class="bullets">${page.people.fitting.map((one) => html`<li>${partyLink(one)}</li>`)}</ul>`, 'alert')}
${page.refused && verdict('bad', words.noTokens, page.refused, page)}
${page.tokens && tokensView(page.tokens, page)}`
}

function wishForm({ action, asked, scopes, lang }: Playground): Html {
  const { playground: words } = consoleWords(lang)
  const field = (name: 'client' | 'person' | 'source' | 'api', label: Text, help: Text, required = false) =>
    html`<div class="field"><label for="wish-${name}">${label}</label><input type="search" id="wish-${name}" name="${name}" value="${asked[name]}" autocomplete="off" spellcheck="false" aria-describedby="wish-${name}-help"${required && html` required`}><p class="help" id="wish-${name}-help">${help}</p></div>`
  return html`<form class="filters" method="get" action="${action}">
<div class="filter-fields">${field('client', words.client, words.clientHelp, true)}${field('person', words.person, words.personHelp)}${field('source', words.source, words.sourceHelp)}${field('api', words.api, words.apiHelp)}</div>
<fieldset class="field"><legend>${words.scopes}</legend><div class="choices scopes">${scopes.map((scope) => html`<label><input type="checkbox" name="scope" value="${scope}"${asked.scopes.has(scope) && html` checked`}><code>${scope}</code></label>`)}</div></fieldset>
<div class="buttons"><button class="button primary">${words.show}</button></div></form>`
}

function tokensView({ access, tooLarge, id, userinfo, introspection, gateway }: Tokens, { lang }: Moment): Html {
  const { playground: words } = consoleWords(lang)
  const size = tooLarge ? words.tooLarge : access.bytes > fits ? words.large : undefined
  return html`${section(words.access, html`<p class="muted">${words.ownToEach}</p>${size !== undefined && notice('warning', size)}${tokenView(access, lang)}`)}
${id && section(words.id, tokenView(id, lang))}
${userinfo !== undefined && section(words.userinfo, json(userinfo))}
${section(words.introspection, html`<p class="muted">${words.introspectionLead}</p>${json(introspection)}`)}
${gateway ? gatewayView(gateway, lang) : html`<p class="muted">${words.gatewayNone}</p>`}`
}

/** Bytes that a header may have nearly everywhere. */
const fits = 4096

function tokenView(
  { header, payload, bytes }: Token,
  lang: Moment['lang'],
  size = consoleWords(lang).playground.bytes(bytes),
): Html {
  const { playground: words } = consoleWords(lang)
  return html`<p class="muted">${size}</p><div class="token"><div><h3>${words.header}</h3>${json(header)}</div><div><h3>${words.claims}</h3>${json(payload)}</div></div>`
}

function gatewayView({ api, headers, needsKey, reason, detail }: Gateway, lang: Moment['lang']): Html {
  const { playground: words } = consoleWords(lang)
  if (!headers)
    return section(words.gateway(api), reason ? verdict('bad', words.refused, reason, { lang, detail }) : html``)
  return section(
    words.gateway(api),
    html`<p>${state('good', words.passes)}</p>${needsKey && notice('warning', words.needsKey)}
<h3>${words.headers}</h3>${descriptions(Object.entries(headers).map(([name, value]) => [name, value === '' ? html`<span class="muted">${words.empty}</span>` : html`<code>${value}</code>`]))}<p class="muted">${words.assertion}</p>`,
  )
}

interface More {
  readonly lang: Moment['lang']
  readonly detail?: string | undefined
}

/** Reasons are English everywhere: their codes and their words stand in logs and answers as well. */
function verdict(tone: 'good' | 'bad' | 'warning', title: Text, reason: Explained | undefined, more: More): Html {
  const { playground: words } = consoleWords(more.lang)
  return html`<div class="finding ${tone}"><h3>${state(tone, title)}</h3>${
    reason &&
    html`<p class="finding-reason">${reason.title}</p>${descriptions([
      [words.inDetail, more.detail === undefined ? undefined : said(more.detail)],
      [words.cause, reason.cause],
      [words.fix, reason.fix],
      [words.code, html`<code>${reason.code}</code>`],
    ])}`
  }</div>`
}

export interface Reader extends Moment {
  readonly action: string
  readonly csrf: string
  /** What it was to be checked for, as it was typed. */
  readonly api: string
  readonly problem: Text | undefined
  readonly found: Found | undefined
}

export interface Found {
  readonly verdict: 'good' | 'bad' | 'not_for_api'
  readonly reason: Explained | undefined
  readonly detail: string | undefined
  /** `undefined`: it is no JWT. */
  readonly decoded: { readonly header: unknown; readonly payload: unknown; readonly bytes: number } | undefined
  /** Milliseconds. */
  readonly times: Readonly<Partial<Record<'issued' | 'notBefore' | 'expires', number>>>
  readonly introspection: unknown
  readonly gateway: Gateway | undefined
}

/** The token itself is not shown again: what is pasted stays with whoever has it. */
export function tokenReaderView(page: Reader): Html {
  const { playground: words } = consoleWords(page.lang)
  return html`${page.found && foundView(page.found, page)}
<form class="form" method="post" action="${page.action}" autocomplete="off"><input type="hidden" name="csrf" value="${page.csrf}">
${page.problem !== undefined && notice('warning', page.problem, 'alert')}
<div class="field"><label for="token">${words.token}</label><textarea class="mono" id="token" name="token" rows="6" required spellcheck="false" autocomplete="off" aria-describedby="token-help"></textarea><p class="help" id="token-help">${words.tokenHelp}</p></div>
<div class="field"><label for="token-api">${words.shownTo}</label><input type="text" id="token-api" name="api" value="${page.api}" autocomplete="off" spellcheck="false" aria-describedby="token-api-help"><p class="help" id="token-api-help">${words.shownToHelp}</p></div>
<div class="buttons"><button class="button primary">${words.check}</button></div></form>`
}

function foundView(
  { verdict: found, reason, detail, decoded, times, introspection, gateway }: Found,
  page: Reader,
): Html {
  const { playground: words } = consoleWords(page.lang)
  const titles = { good: words.good, bad: words.bad, not_for_api: words.notFor }
  const tone = found === 'good' ? 'good' : found === 'bad' ? 'bad' : 'warning'
  const when = (at: number | undefined) => (at === undefined ? undefined : exactly(at, page))
  return html`${verdict(tone, titles[found], reason, { lang: page.lang, detail })}
${
  decoded
    ? section(
        words.decoded,
        html`<p class="muted">${words.unproven}</p>${descriptions([
          [words.issued, when(times.issued)],
          [words.notBefore, when(times.notBefore)],
          [words.expires, when(times.expires)],
        ])}${tokenView(decoded, page.lang, words.size(decoded.bytes))}`,
      )
    : html`<p class="muted">${words.noJwt}</p>`
}
${introspection !== undefined && section(words.introspection, json(introspection))}
${gateway && gatewayView(gateway, page.lang)}`
}
