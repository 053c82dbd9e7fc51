/** What to paste into a gateway in front of an API; and the list of APIs that it may be for. */
import { type Html, html } from '../html.ts'
import { type ConsoleLanguage, type ConsoleWords, consoleWords } from '../words/console.ts'
import { type Field, fieldView, type Values } from './form.ts'
import { copyable, descriptions, notice, said, section } from './parts.ts'
import { pager, searchable, table } from './table.ts'

export type GatewayName = keyof ConsoleWords['recipes']['gateways']

export interface RecipeList {
  readonly lang: ConsoleLanguage
  readonly action: string
  readonly search: string
  readonly rows: readonly { readonly name: string; readonly address: string; readonly href: string }[]
  readonly next: string | undefined
  readonly first: string | undefined
}

export function recipeListView(page: RecipeList): Html {
  const { recipes: words, apis, kit } = consoleWords(page.lang)
  const found = table({
    caption: words.which,
    rows: page.rows,
    empty:
      page.search === ''
        ? html`<p>${words.empty}</p>`
        : html`<p>${words.noneFound}</p><p><a href="${page.action}">${kit.showAll}</a></p>`,
    columns: [
      { title: apis.columns.name, header: true, cell: ({ name, href }) => html`<a href="${href}">${said(name)}</a>` },
      {
        title: apis.columns.address,
        cell: ({ address }) =>
          address === '' ? html`<span class="muted">${apis.noAddress}</span>` : html`<code>${address}</code>`,
      },
    ],
  })
  return searchable(
    { action: page.action, value: page.search, label: apis.search, lang: page.lang },
    html`${found}${pager(page)}`,
  )
}

export interface RecipePage {
  readonly lang: ConsoleLanguage
  readonly action: string
  readonly gateway: GatewayName
  readonly gateways: readonly { readonly gateway: GatewayName; readonly href: string }[]
  readonly hasHost: boolean
  readonly fields: readonly Field[]
  readonly values: Values
  readonly wrong: Readonly<Record<string, string>>
  /** Where the gateway asks; `undefined`: it asks nobody, or not about requests. */
  readonly verify: string | undefined
  readonly files: readonly { readonly file: string; readonly text: string }[]
  /** For a gateway that only has the keys. */
  readonly jwks: { readonly issuer: string; readonly audience: string | null } | undefined
}

export function recipeView(page: RecipePage): Html {
  const { lang, gateway, gateways, hasHost, verify, files, jwks } = page
  const { recipes: words } = consoleWords(lang)
  const tabs = gateways.map(
    (one) =>
      html`<li><a href="${one.href}"${one.gateway === gateway && html` aria-current="page"`}>${words.gateways[one.gateway]}</a></li>`,
  )
  return html`<nav class="tabs" aria-label="${words.gateway}"><ul>${tabs}</ul></nav>
<p>${words.how[gateway]}</p>
${!hasHost && files.length > 0 && notice('warning', words.noHost)}
${verify !== undefined && descriptions([[words.verify, copyable('verify', verify, words.verify, lang)]])}
${jwks && jwksView(jwks, lang)}
${page.fields.length > 0 && valuesForm(page)}
${files.map((file, index) => fileView(file, index, lang))}`
}

function valuesForm({ action, gateway, fields, lang, wrong, ...page }: RecipePage): Html {
  const { recipes: words } = consoleWords(lang)
  const shown = fields.map((field) => {
    const problem = wrong[field.name]
    return fieldView(field, { ...page, lang }, problem === undefined ? [] : [{ path: field.name, message: problem }])
  })
  return section(
    words.values,
    html`<form class="form" method="get" action="${action}"><input type="hidden" name="gateway" value="${gateway}">${shown}<div class="buttons"><button class="button plain">${words.fill}</button></div></form>`,
  )
}

function fileView({ file, text }: RecipePage['files'][number], index: number, lang: ConsoleLanguage): Html {
  const { recipes: words, kit } = consoleWords(lang)
  const id = `recipe-${index}`
  const copy = html`<button type="button" class="button plain" data-copy="${id}" data-copied="${kit.copied}" aria-label="${words.copy(file)}" hidden>${kit.copy}</button>`
  return section(
    file,
    html`<pre class="recipe" tabindex="0" role="region" aria-label="${file}"><code id="${id}">${text}</code></pre>`,
    {
      actions: copy,
    },
  )
}

/** Seconds, as docs/gateways/jwks-only.md has it. */
const skew = 5

function jwksView({ issuer, audience }: NonNullable<RecipePage['jwks']>, lang: ConsoleLanguage): Html {
  const { jwks: words } = consoleWords(lang).recipes
  const value = (id: string, text: string, what: string) => copyable(`jwks-${id}`, text, what, lang)
  return html`${audience === null && notice('warning', words.noAudience)}${descriptions([
    [words.issuer, value('issuer', issuer, words.issuer)],
    [words.discovery, value('discovery', `${issuer}/.well-known/openid-configuration`, words.discovery)],
    [words.keys, value('keys', `${issuer}/jwks`, words.keys)],
    [words.algorithm, html`<code>RS256</code>`],
    [words.audience, audience === null ? undefined : value('audience', audience, words.audience)],
    [words.groups, html`<code>groups</code>`],
    [words.user, html`<code>preferred_username</code>, <code>sub</code>`],
    [words.kind, html`<code>typ</code> = <code>Bearer</code>`],
    [words.skew, words.seconds(skew)],
  ])}<p class="muted">${words.blind}</p>`
}
