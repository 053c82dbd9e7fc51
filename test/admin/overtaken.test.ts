/** A change that somebody else's overtakes: one that names a version is refused, any other is made after it. */
import Router from '@koa/router'
import { expect, it } from 'vitest'
import { createMount } from '../../src/admin/operation.ts'
import { system } from '../../src/audit/audit.ts'
import { Refusal } from '../../src/errors.ts'
import { ignoreEvents } from '../../src/events.ts'
import { answerErrors } from '../../src/http/errors.ts'
import { silent } from '../../src/log.ts'
import { listen } from '../http/listen.ts'

/** A change that so many others overtake, one after the other, before it can be made. */
async function startOvertaken(others: number, code: Refusal['code'] = 'changed_meanwhile') {
  let tries = 0
  const router = new Router()
  const { mount } = createMount(router, async () => system)
  mount(
    {
      ...{ id: 'change', tag: 'things', method: 'delete', path: '/thing', right: 'edit', guarded: true },
      ...{ summary: 'Change it', answer: { status: 204, is: 'It is changed' } },
    },
    async (ctx) => {
      tries += 1
      if (tries <= others) throw new Refusal(code)
      ctx.status = 204
    },
  )
  const server = await listen([answerErrors({ report: ignoreEvents, log: silent, problemPage: () => '' }), router])
  return {
    tries: () => tries,
    change: async (headers: Record<string, string> = {}) =>
      (await fetch(`${server.url}/thing`, { method: 'DELETE', headers })).status,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

it.each<Record<string, string>>([{}, { 'if-match': '*' }])(
  'is made after the others when it names no version: %o',
  async (headers) => {
    await using there = await startOvertaken(3)
    expect(await there.change(headers)).toBe(204)
    expect(there.tries()).toBe(4)
  },
)

it.each(['"1"', ''])('is refused when it names a version: If-Match: %s', async (version) => {
  await using there = await startOvertaken(1)
  expect(await there.change({ 'if-match': version })).toBe(412)
  expect(there.tries()).toBe(1)
})

it('is refused in the end when there are always others', async () => {
  await using there = await startOvertaken(Number.POSITIVE_INFINITY)
  expect(await there.change()).toBe(412)
  expect(there.tries()).toBe(10)
})

it('is refused at once for any other reason', async () => {
  await using there = await startOvertaken(1, 'conflict')
  expect(await there.change()).toBe(409)
  expect(there.tries()).toBe(1)
})
