import type { Hands, TestClient } from './hands.ts'
import type { Visitor } from './visitor.ts'

interface Credentials {
  readonly username: string
  readonly password: string
  /** Of the source; `local` unless given. */
  readonly alias?: string
}

/** Signs in with a user name and a password. Without a code when the page came again. */
export async function signInWithPassword(
  broker: Pick<Hands, 'issuer' | 'authorizationUrl'>,
  visitor: Visitor,
  client: TestClient,
  { username, password, alias = 'local' }: Credentials,
): Promise<{ readonly verifier: string; readonly code: string | undefined }> {
  const { url, verifier } = broker.authorizationUrl(client)
  const door = await visitor.travel(url, ({ pathname }) => pathname.startsWith('/login/'))
  const address = `${door.href}/source/${alias}`
  const [, csrf = ''] = /name="csrf" value="([^"]+)"/.exec(await (await visitor.request(address)).text()) ?? []
  const body = new URLSearchParams({ username, password, csrf })
  const answer = await visitor.request(address, { method: 'POST', body })
  const location = answer.headers.get('location')
  if (!location) return { verifier, code: undefined }
  const back = await visitor.travel(new URL(location, broker.issuer), ({ href }) => href.startsWith(client.redirectUri))
  return { verifier, code: back.searchParams.get('code') ?? undefined }
}
