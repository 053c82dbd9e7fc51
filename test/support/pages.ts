/** Walking through the broker's pages without a screen: what is shown, what is in its form, and what comes of sending it. */
import type { Visitor } from './visitor.ts'

export interface Shown {
  /** Where the browser is; an application's address when it was sent there. */
  readonly url: URL
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** Statuses on the way, the last one included. */
  readonly statuses: readonly number[]
}

/** Follows redirects until there is a page, or an address at an application (`*.example`), which is not visited. */
export async function walk(visitor: Visitor, address: string | URL, init: RequestInit = {}): Promise<Shown> {
  let url = new URL(address)
  let answer = await visitor.request(url, init)
  const statuses = [answer.status]
  for (let step = 0; step < 20; step++) {
    const location = answer.headers.get('location')
    if (!location) return { url, status: answer.status, headers: answer.headers, text: await answer.text(), statuses }
    url = new URL(location, url)
    if (isApplication(url)) return { url, status: answer.status, headers: answer.headers, text: '', statuses }
    answer = await visitor.request(url)
    statuses.push(answer.status)
  }
  throw new Error(`Too many redirects; the last went to ${url.href}`)
}

export const isApplication = (url: URL): boolean => url.hostname.endsWith('.example') || url.protocol === 'com.example:'

const unescaped = (text: string) =>
  text.replaceAll(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code))).replaceAll('&amp;', '&')

export interface Form {
  readonly action: string
  readonly fields: Readonly<Record<string, string>>
}

/** The page's forms with their hidden fields. */
export function formsIn({ text }: Pick<Shown, 'text'>): readonly Form[] {
  return [...text.matchAll(/<form[^>]* action="([^"]*)"[^>]*>(.*?)<\/form>/gs)].map(([, action = '', inside = '']) => ({
    action: unescaped(action),
    fields: Object.fromEntries(
      [...inside.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)].map(([, name = '', value = '']) => [
        unescaped(name),
        unescaped(value),
      ]),
    ),
  }))
}

/** The one form whose action ends so. */
export function formTo(page: Pick<Shown, 'text' | 'url'>, end: string): Form {
  const found = formsIn(page).find(({ action }) => action.endsWith(end))
  if (!found) throw new Error(`${page.url.href} has no form to …${end}: ${page.text.slice(0, 400)}`)
  return found
}

/** Sends the form with what a person adds to it. */
export const send = (
  visitor: Visitor,
  page: Shown,
  { action, fields }: Form,
  more: Readonly<Record<string, string>> = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<Shown> =>
  walk(visitor, new URL(action, page.url), {
    method: 'POST',
    body: new URLSearchParams({ ...fields, ...more }),
    headers,
  })

/** The links and buttons by which a page lets people go on, by their words. */
export function doorsIn({ text }: Pick<Shown, 'text'>): Readonly<Record<string, string>> {
  const links = [...text.matchAll(/<a class="(?:primary|plain)" href="([^"]*)"><span>(.*?)<\/span>/gs)]
  const buttons = [...text.matchAll(/<form[^>]* action="([^"]*)"[^>]*>(?:(?!<\/form>).)*<span>(.*?)<\/span>/gs)]
  return Object.fromEntries(
    [...links, ...buttons].map(([, address = '', label = '']) => [
      unescaped(label.replaceAll(/<[^>]*>/g, '')),
      unescaped(address),
    ]),
  )
}

export const referenceIn = ({ text }: Pick<Shown, 'text'>): string =>
  /id="reference">([^<]+)</.exec(text)?.[1] ?? 'none'

export const headingIn = ({ text }: Pick<Shown, 'text'>): string =>
  unescaped((/<h1[^>]*>(.*?)<\/h1>/s.exec(text)?.[1] ?? 'none').replaceAll(/<svg.*?<\/svg>|<[^>]*>/gs, '')).trim()
