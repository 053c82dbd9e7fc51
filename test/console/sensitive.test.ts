/** What of the console asks to sign in again: every form and button that there is. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type ActionPath, actions } from '../../src/console/sensitive.ts'
import { startTestBroker, type TestBroker } from '../support/broker.ts'
import { enterConsole } from '../support/console.ts'
import { formTo } from '../support/pages.ts'
import type { Visitor } from '../support/visitor.ts'

let broker: TestBroker
let visitor: Visitor
let csrf: string
beforeAll(async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  broker = await startTestBroker({ parts: { clock: () => Date.now() } })
  const entered = await enterConsole(broker)
  visitor = entered.visitor
  csrf = formTo(entered.page, '/sign-out').fields.csrf ?? ''
  vi.setSystemTime(Date.now() + 11 * 60_000)
}, 60_000)
afterAll(async () => {
  await broker[Symbol.asyncDispose]()
  vi.useRealTimers()
})

/** Where the browser is sent by a form of somebody who signed in eleven minutes ago. */
async function sent(path: ActionPath, form: Readonly<Record<string, string>> = {}) {
  const address = path.replaceAll(/:\w+/g, '00000000-0000-4000-8000-000000000000')
  const answer = await visitor.request(`${broker.config.issuer}/admin${address}`, {
    method: 'POST',
    body: new URLSearchParams({ csrf, ...form }),
  })
  const to = new URL(answer.headers.get('location') ?? '/', broker.config.issuer)
  const isInside = answer.status === 303 || (await answer.text()).includes('<body class="console">')
  return {
    status: answer.status,
    isInside,
    asks: to.pathname === '/authorize' && to.searchParams.get('prompt') === 'login',
  }
}

const pathsThat = (what: 'asks' | 'free') =>
  Object.entries(actions).flatMap(([path, kind]) => (kind === what ? [path as ActionPath] : []))

describe('a sign-in of long ago', () => {
  it.each(pathsThat('asks'))('is not enough for %s', async (path) => {
    expect(await sent(path)).toEqual({ status: 303, isInside: true, asks: true })
  })

  it.each(pathsThat('free'))('is enough for %s, which is there', async (path) => {
    const { asks, isInside } = await sent(path)
    expect({ asks, isInside }).toEqual({ asks: false, isInside: true })
  })

  it('is enough to look at a preview, and for another row of a list', async () => {
    expect((await sent('/sources/:id/mapping', { intent: 'preview' })).asks).toBe(false)
    expect((await sent('/apis/:id/edit', { intent: 'more:mask' })).asks).toBe(false)
  })
})
