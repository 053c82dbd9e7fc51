/** As light as a client can be, since it shares the machine with what it measures. */
import { Agent, request } from 'node:http'

const agent = new Agent({ keepAlive: true, maxSockets: 64 })

export interface Answer {
  readonly status: number
  readonly location: string | undefined
  readonly cookies: readonly string[]
  readonly text: string
}

interface Sent {
  readonly form?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
}

export function send(url: string, { form, headers = {} }: Sent = {}): Promise<Answer> {
  const body = form && new URLSearchParams(form).toString()
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const type = { 'content-type': 'application/x-www-form-urlencoded' }
  const asked = request(
    url,
    { agent, method: body === undefined ? 'GET' : 'POST', headers: { ...(body !== undefined && type), ...headers } },
    (res) => {
      let text = ''
      res.setEncoding('utf8').on('data', (part) => {
        text += part
      })
      res.on('error', reject).on('end', () => {
        const { location, 'set-cookie': cookies = [] } = res.headers
        resolve({ status: res.statusCode ?? 0, location, cookies, text })
      })
    },
  )
  asked.on('error', reject).end(body)
  return promise
}

/** Keeps cookies by name and path; every host here is the same one. */
export function createBrowser() {
  const jar = new Map<string, { readonly path: string; readonly pair: string }>()

  return async (url: string, sent: Sent = {}): Promise<Answer> => {
    const { pathname, port } = new URL(url)
    const mine = [...jar.entries()].filter(([key, { path }]) => key.startsWith(port) && pathname.startsWith(path))
    const cookie = mine.map(([, { pair }]) => pair).join('; ')
    const answer = await send(url, { ...sent, headers: { ...sent.headers, ...(cookie && { cookie }) } })
    for (const header of answer.cookies) {
      const [pair = ''] = header.split(';')
      const path = /; *path=([^;]*)/i.exec(header)?.[1] ?? '/'
      jar.set(`${port} ${path} ${pair.split('=')[0]}`, { path, pair })
    }
    return answer
  }
}

export type Browser = ReturnType<typeof createBrowser>
