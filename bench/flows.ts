/** What is measured: each is one piece of work against a server that was got ready for it. */
import { createHash, randomBytes } from 'node:crypto'
import { type Browser, createBrowser, send } from './browser.ts'

export interface Party {
  readonly url: string
  readonly client: { readonly id: string; readonly secret: string }
  /** What an authorization request says beside the usual. */
  readonly hints: Readonly<Record<string, string>>
  /** Sent with a client credentials request whose token is introspected. */
  readonly introspected: Readonly<Record<string, string>>
}

export type Work = () => Promise<void>
const callback = 'https://app.example/callback'

export const basic = ({ client }: Party) => ({
  authorization: `Basic ${Buffer.from(`${encodeURIComponent(client.id)}:${client.secret}`).toString('base64')}`,
})

export async function post(party: Party, path: string, form: Readonly<Record<string, string>>) {
  const answer = await send(party.url + path, { form, headers: basic(party) })
  if (answer.status !== 200) throw new Error(`${party.url}${path}: ${answer.status} ${answer.text}`)
  return JSON.parse(answer.text) as { access_token: string; refresh_token: string }
}

/** Through every redirect until the application, giving a password where a page asks for one, then the code's tokens. */
export async function login(party: Party, browser: Browser, password?: Readonly<Record<string, string>>) {
  const verifier = randomBytes(32).toString('base64url')
  const query = new URLSearchParams({
    client_id: party.client.id,
    redirect_uri: callback,
    response_type: 'code',
    scope: 'openid profile email groups',
    state: 'state',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...party.hints,
  })
  const authorize = authorizePath.get(party.url) ?? '/authorize'
  let at = `${party.url}${authorize}?${query}`
  let answer = await browser(at)
  for (let step = 0; step < 12; step++) {
    if (answer.location === undefined && password) {
      const csrf = /name="csrf" value="([^"]+)"/.exec(answer.text)?.[1] ?? ''
      const action = /action="([^"]*\/source\/local)"/.exec(answer.text)?.[1] ?? ''
      at = new URL(action, at).href
      answer = await browser(at, { form: { ...password, csrf } })
    }
    if (answer.location === undefined) throw new Error(`${at}: ${answer.status} ${answer.text.slice(0, 300)}`)
    at = new URL(answer.location, at).href
    if (at.startsWith(callback)) break
    answer = await browser(at)
  }
  const code = new URL(at).searchParams.get('code')
  if (!code) throw new Error(`no code but ${at}`)
  const form = { grant_type: 'authorization_code', code, redirect_uri: callback, code_verifier: verifier }
  return post(party, '/token', form)
}

/** The bare server has other addresses. */
export const authorizePath = new Map<string, string>()

export const flows: Readonly<Record<string, (party: Party) => Promise<Work>>> = {
  discovery: async ({ url }) => {
    return async () => void (await send(`${url}/.well-known/openid-configuration`))
  },

  'client credentials': async (party) => async () => {
    await post(party, '/token', { grant_type: 'client_credentials' })
  },

  login: async (party) => async () => void (await login(party, createBrowser())),

  'login when signed in': async (party) => {
    const browsers = await Promise.all(
      Array.from({ length: 16 }, async () => {
        const browser = createBrowser()
        await login(party, browser)
        return browser
      }),
    )
    return async () => {
      const browser = browsers.pop() ?? createBrowser()
      await login(party, browser)
      browsers.push(browser)
    }
  },

  refresh: async (party) => {
    const tokens = await Promise.all(
      Array.from({ length: 16 }, async () => (await login(party, createBrowser())).refresh_token),
    )
    return async () => {
      const refresh_token = tokens.pop() ?? ''
      tokens.push((await post(party, '/token', { grant_type: 'refresh_token', refresh_token })).refresh_token)
    }
  },
}

/** Only ours has one. */
export const passwordLogin =
  (party: Party, password: Readonly<Record<string, string>>): Work =>
  async () => {
    await login({ ...party, hints: { idp_hint: 'local' } }, createBrowser(), password)
  }
