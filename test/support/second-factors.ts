/** A local user with an authenticator app, at the pages where they keep it and at the sign-in. */
import { Secret, TOTP } from 'otpauth'
import type { TestBroker, TestClient } from './broker.ts'
import { formTo, type Shown, send, walk } from './pages.ts'
import { createVisitor, type Visitor } from './visitor.ts'

export const passphrase = 'a long enough passphrase'

/** What the app shows. @param now milliseconds */
export const codeOf = (secret: string, now: number): string =>
  TOTP.generate({ secret: Secret.fromBase32(secret), timestamp: now })

/** Makes a local user. */
export const addLocalUser = (broker: TestBroker, username: string, roles: readonly string[] = []) =>
  broker.created('users', {
    ...{ username, password: passphrase, name: username },
    roles: roles.map((name) => ({ name, client: 'gatehouse' })),
  })

/** Sends name and password at the sign-in; answers what comes then. */
export async function signInAs(
  broker: TestBroker,
  client: TestClient,
  username: string,
  { visitor = createVisitor(), password = passphrase, params = {} } = {} as {
    visitor?: Visitor
    password?: string
    params?: Readonly<Record<string, string>>
  },
) {
  const { url, verifier } = broker.authorizationUrl(client, { idp_hint: 'local', ...params })
  const door = await walk(visitor, url)
  const page = await send(visitor, door, formTo(door, '/source/local'), { username, password })
  return { visitor, page, verifier }
}

/** Sends a code at the second step; answers what comes then. */
export const sendCode = (visitor: Visitor, page: Shown, code: string): Promise<Shown> =>
  send(visitor, page, formTo(page, '/second-step'), { code })

export const keyIn = ({ text }: Pick<Shown, 'text'>): string =>
  (/id="key">([^<]+)</.exec(text)?.[1] ?? '').replaceAll(' ', '')

const codesIn = ({ text }: Pick<Shown, 'text'>): readonly string[] =>
  /id="codes"[^>]*>([^<]+)</.exec(text)?.[1]?.split('\n') ?? []

/** Sets an app up on the person's own page. @param now milliseconds */
export async function enrolApp(broker: TestBroker, visitor: Visitor, now: number) {
  const page = await walk(visitor, `${broker.issuer}/security/totp`)
  const secret = keyIn(page)
  const shown = await send(visitor, page, formTo(page, '/security/totp'), { code: codeOf(secret, now) })
  return { secret, codes: codesIn(shown), page: shown }
}
