/** A broker with more sources than anybody looks through. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { newId } from '../../src/ids.ts'
import { openStores } from '../../src/stores/open.ts'
import { startTestBroker, type TestBroker } from '../support/broker.ts'
import { enterConsole } from '../support/console.ts'
import { formTo, headingIn, type Shown, send, walk } from '../support/pages.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { createVisitor, type Visitor } from '../support/visitor.ts'

let broker: TestBroker
let okta: Upstream
beforeAll(async () => {
  let stores: Awaited<ReturnType<typeof openStores>> | undefined
  broker = await startTestBroker({
    parts: {
      openStores: async (needs) => {
        stores = await openStores(needs)
        return stores
      },
    },
  })
  okta = await startUpstream({ users: { rene: { sub: 'rene', name: 'Rene' } } })
  const { id } = await broker.addSource(okta, { alias: 'Okta', name: 'Zürich hospital' })
  const like = await stores?.sources.get(id)
  if (!like) throw new Error('there is no source to copy')
  await stores?.transact(async ({ sources }) => {
    for (let number = 1; number <= 300; number += 1)
      await sources.add({ ...like, id: newId(), alias: `a-${number}`, name: `Acme ${number}`, domains: [] })
    await sources.add({ ...like, id: newId(), alias: 'secret', name: 'Zürich hidden', hidden: true, domains: [] })
  })
}, 60_000)
afterAll(async () => {
  await broker[Symbol.asyncDispose]()
  await okta.stop()
})

const doorsOf = ({ text }: Shown) => [...text.matchAll(/class="door" id="source-([^"]+)"/g)].map(([, alias]) => alias)
const begin = async (visitor: Visitor) => walk(visitor, broker.authorizationUrl(await broker.addClient()).url)

it('shows ten of them, the password whatever the others are called, and a field for the rest', async () => {
  const page = await begin(createVisitor())
  expect(doorsOf(page)).toHaveLength(9)
  expect(page.text).toContain('id="password"')
  expect(page.text).toContain('<label for="q">Your organisation</label>')
})

it('finds any by a part of its name, in the order of numbers, and leads through it; a hidden one is not found', async () => {
  const visitor = createVisitor()
  const page = await begin(visitor)
  const found = await walk(visitor, `${page.url}?q=ZÜRICH`)
  expect([headingIn(found), doorsOf(found)]).toEqual(['Sign in to Patient App', ['Okta']])
  const [, back] = /id="all" href="([^"]+)"/.exec(found.text) ?? []
  expect(doorsOf(await walk(visitor, new URL(back ?? '', page.url)))).toHaveLength(9)

  const many = await walk(visitor, `${page.url}?q=acme`)
  expect(doorsOf(many)).toHaveLength(30)
  expect(doorsOf(many).slice(0, 5)).toEqual(['a-1', 'a-10', 'a-11', 'a-12', 'a-100'])
  expect(many.text).toContain('More fit than are listed here.')
  const none = await walk(visitor, `${page.url}?q=${encodeURIComponent('<b>nobody</b>')}`)
  expect(none.text).toContain('No way to sign in is called <bdi>&#60;b&#62;nobody&#60;/b&#62;</bdi>.')
  expect(doorsOf(none)).toEqual([])
})

it('shows the one that this browser came through last first', async () => {
  const visitor = createVisitor()
  await broker.login(await broker.addClient(), { visitor, params: { idp_hint: 'Okta' } })
  const { url } = broker.authorizationUrl(await broker.addClient(), { prompt: 'login' })
  expect(doorsOf(await walk(visitor, url)).at(0)).toBe('Okta')
})

it('keeps the field where a password was wrong, and lets administrators into the console', async () => {
  const visitor = createVisitor()
  const page = await begin(visitor)
  const wrong = await send(visitor, page, formTo(page, '/source/local'), { username: 'admin', password: 'no' })
  expect(wrong.status).toBe(401)
  expect(wrong.text).toContain('id="q"')
  const { page: console_ } = await enterConsole(broker, '/admin/sources')
  expect(headingIn(console_)).toBe('Authentication Sources')
})
