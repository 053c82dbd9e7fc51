/**
 * A browser without a screen: keeps cookies per host and path, as RFC 6265 §5 says, and follows redirects.
 */
export interface Visitor {
  /** One request with this visitor's cookies; redirects are not followed. */
  request(url: string | URL, init?: RequestInit): Promise<Response>
  /** The header `Cookie` of a request to that address. */
  cookies(url: string | URL): string
  /** The value of a cookie that would be sent there. */
  cookie(url: string | URL, name: string): string | undefined
  /** Sets a cookie for the whole host. */
  plant(url: string | URL, name: string, value: string): void
  /** Follows redirects and answers the first address for which `stop` is true, without visiting it. */
  travel(url: string | URL, stop: (url: URL) => boolean): Promise<URL>
}

interface Cookie {
  readonly host: string
  readonly path: string
  readonly name: string
  readonly value: string
}

export function createVisitor(): Visitor {
  let cookies: Cookie[] = []

  const keep = (url: URL, header: string) => {
    const [pair = '', ...attributes] = header.split(';').map((part) => part.trim())
    const [name = '', ...rest] = pair.split('=')
    const attribute = (wanted: string) =>
      attributes.find((text) => text.toLowerCase().startsWith(`${wanted}=`))?.slice(wanted.length + 1)
    const cookie = { host: url.hostname, path: attribute('path') ?? '/', name, value: rest.join('=') }
    cookies = cookies.filter(
      ({ host, path, name }) => host !== cookie.host || path !== cookie.path || name !== cookie.name,
    )
    const expires = attribute('expires')
    if (attribute('max-age') !== '0' && (!expires || Date.parse(expires) > Date.now())) cookies.push(cookie)
  }

  const header = ({ hostname, pathname }: URL) =>
    cookies
      .filter(({ host, path }) => host === hostname && within(pathname, path))
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ')

  const request: Visitor['request'] = async (address, init = {}) => {
    const url = new URL(address)
    const headers = new Headers(init.headers)
    const mine = header(url)
    if (mine !== '') headers.set('cookie', mine)
    const response = await fetch(url, { ...init, headers, redirect: 'manual' })
    for (const header of response.headers.getSetCookie()) keep(url, header)
    return response
  }

  return {
    request,
    cookies: (address) => header(new URL(address)),

    cookie(address, name) {
      const { hostname, pathname } = new URL(address)
      return cookies.find((cookie) => cookie.host === hostname && cookie.name === name && within(pathname, cookie.path))
        ?.value
    },

    plant(address, name, value) {
      keep(new URL(address), `${name}=${value}; path=/`)
    },

    async travel(address, stop) {
      let url = new URL(address)
      for (let step = 0; step < 20; step++) {
        if (stop(url)) return url
        const response = await request(url)
        const location = response.headers.get('location')
        if (!location)
          throw new Error(`${url.href} answered ${response.status}: ${(await response.text()).slice(0, 300)}`)
        url = new URL(location, url)
      }
      throw new Error(`Too many redirects; the last went to ${url.href}`)
    },
  }
}

const within = (pathname: string, path: string): boolean =>
  pathname === path || pathname.startsWith(path.endsWith('/') ? path : `${path}/`)
