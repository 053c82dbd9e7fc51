import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { startTestBroker, type TestBroker } from '../support/broker.ts'
import { enterConsole } from '../support/console.ts'
import { formTo, send, walk } from '../support/pages.ts'
import { rene } from '../support/people.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { createVisitor } from '../support/visitor.ts'

let broker: TestBroker
let upstream: Upstream
beforeAll(async () => {
  upstream = await startUpstream({ users: { rene } })
  broker = await startTestBroker()
  await broker.addSource(upstream)
  const client = await broker.addClient()
  await broker.login(client, { params: { idp_hint: 'Okta' } })
  const visitor = createVisitor()
  const page = await walk(visitor, broker.authorizationUrl(client, { idp_hint: 'local' }).url)
  await send(visitor, page, formTo(page, '/source/local'), { username: 'admin', password: 'not the right one' })
})
afterAll(async () => {
  await broker[Symbol.asyncDispose]()
  await upstream[Symbol.asyncDispose]()
})

it('draws sign-ins by the day and by the hour, with their sums, a table and a way to the reasons', async () => {
  const { open } = await enterConsole(broker)
  const week = await open('/admin/')
  // The administrator's own sign-in is one of them.
  expect(week.text).toMatch(/aria-label="Sign-ins in 7 days: 2 Succeeded, 1 Refused"/)
  expect(week.text.match(/<rect class="bar-good"/g)?.length).toBeGreaterThan(0)
  expect(week.text).toContain('href="/admin/traces?reason=bad_credentials"')
  expect(week.text).toContain('aria-label="Corporate Okta: 1 Succeeded, 0 Refused"')
  const day = await open('/admin/?period=day')
  expect(day.text).toMatch(/aria-label="Sign-ins in 24 hours: 2 Succeeded, 1 Refused"/)
  expect(day.text).toContain('<th scope="col">Hour</th>')
  // Drawings obey the policy that forbids styles in the page.
  expect(day.text).not.toMatch(/ style=|<style/)
})

it('names the first steps until there are people to sign in and something to sign in to', async () => {
  await using fresh = await startTestBroker()
  const { open } = await enterConsole(fresh)
  const stepsIn = (text: string) => /<ol class="steps-ahead">.*?<\/ol>/s.exec(text)?.[0]
  const first = stepsIn((await open('/admin/')).text) ?? ''
  expect([...first.matchAll(/class="button (\w+)" href="([^"]+)"/g)].map(([, look, href]) => [look, href])).toEqual([
    ['primary', '/admin/sources/add'],
    ['plain', '/admin/applications/add'],
    ['plain', '/admin/apis/add'],
  ])
  await fresh.addSource(upstream)
  const second = stepsIn((await open('/admin/')).text) ?? ''
  expect(second).toContain('done')
  expect(second).toContain('class="button primary" href="/admin/applications/add"')
  await fresh.created('applications', { name: 'Patient App', redirect_uris: ['https://app.example/cb'] })
  expect(stepsIn((await open('/admin/')).text)).toBeUndefined()
})

it('counts what the process did, and says part by part how it is', async () => {
  const { open } = await enterConsole(broker)
  const { text } = await open('/admin/')
  expect(text).toMatch(/<dt>Token requests<\/dt><dd>[1-9]\d* granted, 0 refused/)
  expect(text).toMatch(/<dt>Token checks<\/dt><dd>[1-9]\d* granted/)
  expect(text).toMatch(/<dt>Database<\/dt><dd><span class="state good">/)
})

it('says in time that the signing key is about to be followed by the next one', async () => {
  const { open } = await enterConsole(broker)
  expect((await open('/admin/')).text).not.toContain('Signing key ')
  vi.useFakeTimers({ toFake: ['Date'] })
  try {
    vi.setSystemTime(Date.now() + (broker.config.signing_keys.active_for - 86_400) * 1000)
    const later = await enterConsole(broker)
    expect((await later.open('/admin/')).text).toContain('Signing key ')
  } finally {
    vi.useRealTimers()
  }
})
