/** A person at the console: signs in as people do, and opens its pages. */
import { administratorPassword, type TestBroker } from './broker.ts'
import { formTo, type Shown, send, walk } from './pages.ts'
import { createVisitor, type Visitor } from './visitor.ts'

interface Credentials {
  readonly username?: string
  readonly password?: string
}

/** Goes to the page, through the sign-in where that is asked. */
export async function enterConsole(
  broker: Pick<TestBroker, 'config'>,
  path = '/admin/',
  { username = 'admin', password = administratorPassword }: Credentials = {},
  visitor: Visitor = createVisitor(),
) {
  const open = (address: string): Promise<Shown> => walk(visitor, `${broker.config.issuer}${address}`)
  let page = await open(path)
  if (page.url.pathname.includes('/login/'))
    page = await send(visitor, page, formTo(page, '/source/local'), { username, password })
  return {
    page,
    visitor,
    open,
    /** Sends the form of a page whose action ends so. */
    send: (from: Shown, action: string, more: Readonly<Record<string, string>> = {}): Promise<Shown> =>
      send(visitor, from, formTo(from, action), more),
  }
}
