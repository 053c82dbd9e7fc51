/** A person at a browser without a screen, and the application that they sign in to, made of a stock library. */
import * as oidc from 'openid-client'
import { createVisitor, type Visitor } from '../support/visitor.ts'

export { createVisitor, type Visitor }

export interface Form {
  readonly url: URL
  readonly html: string
  readonly method: string
  readonly action: URL
  readonly fields: Readonly<Record<string, string>>
}

/** Follows redirects until a page, or until an address that begins with `until`. */
export async function open(visitor: Visitor, address: string | URL, until?: string, init: RequestInit = {}) {
  let url = new URL(address)
  let request = init
  for (let step = 0; step < 20; step++) {
    if (until !== undefined && url.href.startsWith(until)) return { url, html: '', status: 0, headers: new Headers() }
    const response = await visitor.request(url, request)
    const location = response.headers.get('location')
    const html = await response.text()
    if (!location) return { url, html, status: response.status, headers: response.headers }
    url = new URL(location, url)
    request = {}
  }
  throw new Error(`Too many redirects; the last went to ${url.href}`)
}

export type Page = Awaited<ReturnType<typeof open>>

const attribute = (tag: string, name: string) => {
  const found = new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1]
  return found?.replaceAll('&amp;', '&').replaceAll('&#39;', "'").replaceAll('&quot;', '"')
}

/** The form that has the element with this id, as a browser without scripts would send it by that button. */
export function formWith(page: Page, id: string): Form {
  const forms = [...page.html.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/g)]
  const form = forms.find(([, , inside]) => inside?.includes(`id="${id}"`))
  if (!form) throw new Error(`No form with #${id} at ${page.url.href} (${page.status}): ${page.html.slice(0, 2000)}`)
  const [, tag = '', inside = ''] = form
  const fields: Record<string, string> = {}
  for (const [input] of inside.matchAll(/<(?:input|button)\b[^>]*>/g)) {
    const name = attribute(input, 'name')
    const isButton = input.startsWith('<button') || attribute(input, 'type') === 'submit'
    if (name && (!isButton || attribute(input, 'id') === id)) fields[name] = attribute(input, 'value') ?? ''
  }
  const action = new URL(attribute(tag, 'action') ?? page.url.href, page.url)
  return { url: page.url, html: page.html, method: (attribute(tag, 'method') ?? 'get').toUpperCase(), action, fields }
}

/** The name that the field with this id is sent by. */
export function nameOf(page: Page, id: string): string {
  const tag = [...page.html.matchAll(/<input\b[^>]*>/g)]
    .map(([found]) => found)
    .find((tag) => tag.includes(`id="${id}"`))
  if (!tag) throw new Error(`No field #${id} at ${page.url.href}`)
  return attribute(tag, 'name') ?? ''
}

export function linkOf(page: Page, id: string): URL {
  const tag = [...page.html.matchAll(/<a\b[^>]*>/g)].map(([found]) => found).find((tag) => tag.includes(`id="${id}"`))
  if (!tag) throw new Error(`No link #${id} at ${page.url.href}: ${page.html.slice(0, 3000)}`)
  return new URL(attribute(tag, 'href') ?? '', page.url)
}

export const has = (page: Page, id: string): boolean => page.html.includes(`id="${id}"`)

export async function submit(
  visitor: Visitor,
  page: Page,
  id: string,
  values: Readonly<Record<string, string>> = {},
  until?: string,
): Promise<Page> {
  const { action, method, fields } = formWith(page, id)
  const form = new URLSearchParams({ ...fields, ...values })
  if (method === 'GET') {
    action.search = form.toString()
    return open(visitor, action, until)
  }
  return open(visitor, action, until, { method, body: form, headers: { origin: page.url.origin } })
}

export const fillIn = (visitor: Visitor, page: Page, username: string, password: string, until?: string) =>
  submit(visitor, page, 'submit', { [nameOf(page, 'username')]: username, [nameOf(page, 'password')]: password }, until)

export interface Application {
  readonly config: oidc.Configuration
  readonly redirectUri: string
  /** Opens the application's sign-in with these parameters; answers the page, or the callback. */
  begin(visitor: Visitor, params?: Readonly<Record<string, string>>): Promise<{ page: Page; attempt: Attempt }>
  /** Redeems what came to the callback, with every check that the library has. */
  finish(callback: Page, attempt: Attempt): Promise<oidc.TokenEndpointResponse & oidc.TokenEndpointResponseHelpers>
}

interface Attempt {
  readonly verifier: string
  readonly state: string
  readonly nonce: string
  readonly maxAge?: number
}

export async function application(
  issuer: string,
  client: { readonly id: string; readonly secret?: string; readonly redirectUri: string },
  authentication?: oidc.ClientAuth,
): Promise<Application> {
  const config = await oidc.discovery(
    new URL(issuer),
    client.id,
    undefined,
    authentication ?? (client.secret === undefined ? oidc.None() : oidc.ClientSecretBasic(client.secret)),
    { execute: [oidc.allowInsecureRequests] },
  )
  oidc.enableNonRepudiationChecks(config)
  return {
    config,
    redirectUri: client.redirectUri,
    async begin(visitor, params = {}) {
      const attempt = {
        verifier: oidc.randomPKCECodeVerifier(),
        state: oidc.randomState(),
        nonce: oidc.randomNonce(),
        ...(params.max_age !== undefined && { maxAge: Number(params.max_age) }),
      }
      const url = oidc.buildAuthorizationUrl(config, {
        redirect_uri: client.redirectUri,
        scope: 'openid profile email',
        code_challenge: await oidc.calculatePKCECodeChallenge(attempt.verifier),
        code_challenge_method: 'S256',
        state: attempt.state,
        nonce: attempt.nonce,
        ...params,
      })
      return { page: await open(visitor, url, client.redirectUri), attempt }
    },
    finish: (callback, attempt) =>
      oidc.authorizationCodeGrant(config, callback.url, {
        pkceCodeVerifier: attempt.verifier,
        expectedState: attempt.state,
        expectedNonce: attempt.nonce,
        idTokenExpected: true,
        ...(attempt.maxAge !== undefined && { maxAge: attempt.maxAge }),
      }),
  }
}
