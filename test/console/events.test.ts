import { afterAll, beforeAll, expect, it } from 'vitest'
import { differencesBetween } from '../../src/console/differences.ts'
import { startTestBroker, type TestBroker } from '../support/broker.ts'
import { enterConsole } from '../support/console.ts'
import { headingIn } from '../support/pages.ts'

let broker: TestBroker
let id: string
beforeAll(async () => {
  broker = await startTestBroker()
  id = (await broker.created('roles', { name: 'pharmacist', description: 'Gives out medicine' })).id
  await broker.admin('PATCH', `roles/${id}`, { description: 'Hands out medicine' })
})
afterAll(() => broker[Symbol.asyncDispose]())

const eventsIn = (text: string) =>
  [...text.matchAll(/href="[^"]*\/admin\/events\/([0-9a-f-]{36})"/g)].map(([, one]) => one)

it('lists events by who, what, on what and when', async () => {
  const { open } = await enterConsole(broker)
  const count = async (query: string) => eventsIn((await open(`/admin/events?${query}`)).text).length
  expect(await count(`subject_id=${id}`)).toBe(2)
  expect(await count('action=role.changed')).toBe(1)
  expect(await count('subject_type=role&actor=automation')).toBe(2)
  expect(await count('actor=somebody-else')).toBe(0)
  expect(await count('subject_type=role&from=2100-01-01T00:00')).toBe(0)
})

it('shows what one event changed, before and after', async () => {
  const { open } = await enterConsole(broker)
  const [changed] = eventsIn((await open(`/admin/events?subject_id=${id}&action=role.changed`)).text)
  const page = await open(`/admin/events/${changed}`)
  expect(headingIn(page)).toBe('Role changed: pharmacist')
  expect(page.text).toMatch(/<del><code><bdi>Gives out medicine<.*<ins><code><bdi>Hands out medicine</s)
  expect((await open('/admin/events/no-such-event')).status).toBe(404)
})

it('exports what the list is narrowed to as JSON lines', async () => {
  const { open } = await enterConsole(broker)
  const page = await open(`/admin/events/export?subject_id=${id}`)
  expect(page.headers.get('content-type')).toContain('application/jsonl')
  expect(page.headers.get('content-disposition')).toContain('gatehouse-events.jsonl')
  const lines = page.text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { action: string })
  expect(lines.map(({ action }) => action)).toEqual(['role.created', 'role.changed'])
})

it('exports to nobody who is not signed in', async () => {
  const answer = await fetch(`${broker.issuer}/admin/events/export`, { redirect: 'manual' })
  expect([answer.status, answer.headers.get('content-disposition')]).toEqual([303, null])
})

it('takes lists of plain values as one value, and finds what went', () => {
  expect(
    differencesBetween({ a: [1, 2], b: { c: 'x', d: null }, gone: [] }, { a: [1, 2, 3], b: { c: 'x', d: 'y' } }),
  ).toEqual({
    differences: [
      { path: 'a', before: '1, 2', after: '1, 2, 3' },
      { path: 'b.d', before: 'null', after: 'y' },
      { path: 'gone', before: '[]', after: undefined },
    ],
    same: [{ path: 'b.c', value: 'x' }],
  })
})
