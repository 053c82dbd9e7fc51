/** Somebody is shut out while a request of theirs is under way, between what it has read and what it writes. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openStores } from '../../src/stores/open.ts'
import { agree } from '../support/agree.ts'
import { startTestBroker, type TestBroker, type TestClient } from '../support/broker.ts'
import { formTo, headingIn, isApplication, send, walk } from '../support/pages.ts'
import { signInWithPassword } from '../support/password.ts'
import { createVisitor } from '../support/visitor.ts'

let broker: TestBroker
let client: TestClient
/** Happens once, before the next such write. */
let meanwhile: { readonly before: string; happens(): Promise<unknown> } | undefined

const hook = <T extends object>(store: T): T =>
  new Proxy(store, {
    get(target, name, receiver) {
      const member: unknown = Reflect.get(target, name, receiver)
      if (typeof member !== 'function') return member
      return async (...args: unknown[]) => {
        const now = meanwhile?.before === name ? meanwhile : undefined
        if (now) meanwhile = undefined
        await now?.happens()
        return member.apply(target, args)
      }
    },
  })

beforeAll(async () => {
  broker = await startTestBroker({
    parts: {
      async openStores(needs) {
        const stores = await openStores(needs)
        return { ...stores, sessions: hook(stores.sessions), grants: hook(stores.grants) }
      },
    },
  })
  client = await broker.addClient()
})
afterAll(() => broker?.[Symbol.asyncDispose]())

const password = 'a machine that weaves'

async function signedIn(username: string) {
  const { id } = await broker.created('users', { username, password })
  const visitor = createVisitor()
  await signInWithPassword(broker, visitor, client, { username, password })
  const { items } = (await broker.admin('GET', `sessions?user=${id}`)).body as unknown as { items: { id: string }[] }
  return { id, username, visitor, session: items[0]?.id ?? '' }
}

it('a session that has ended is not begun again by whoever proves themselves in it at that moment', async () => {
  const { id, username, visitor, session } = await signedIn('ada')
  let status = 0
  meanwhile = {
    before: 'renew',
    happens: async () => {
      status = (await broker.admin('DELETE', `sessions/${session}`)).status
    },
  }
  const page = await walk(visitor, broker.authorizationUrl(client, { prompt: 'login' }).url)
  const ended = await send(visitor, page, formTo(page, '/source/local'), { username, password })
  expect(status).toBe(204)
  expect(isApplication(ended.url)).toBe(false)
  expect(headingIn(ended)).toBe('Your session has ended')
  expect((await broker.admin('GET', `sessions/${session}`)).status).toBe(404)
  expect((await broker.admin('GET', `sessions?user=${id}`)).body.items).toEqual([])
})

it('nothing is granted for offline use to whoever is signed out everywhere at that moment', async () => {
  const { id, visitor } = await signedIn('eve')
  let status = 0
  meanwhile = {
    before: 'addOffline',
    happens: async () => {
      status = (await broker.admin('POST', `users/${id}/end-sessions`)).status
    },
  }
  const offline = { scope: 'openid offline_access', prompt: 'consent' }
  const { code, verifier } = await agree(broker, visitor, client, offline).catch(() => ({ code: '', verifier: '' }))
  expect(status).toBe(200)
  expect((await broker.redeem(client, code, verifier)).status).toBe(400)
})
