import { afterAll, beforeAll, expect, it } from 'vitest'
import { newId } from '../../src/ids.ts'
import { openStores } from '../../src/stores/open.ts'
import { startTestBroker, type TestBroker } from '../support/broker.ts'
import { enterConsole } from '../support/console.ts'

let broker: TestBroker
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
  const [before] = (await stores?.sources.list({ limit: 1 }))?.items ?? []
  if (!before) throw new Error('there is no source to copy')
  await stores?.transact(async ({ sources }) => {
    for (let number = 1; number <= 10_000; number += 1) {
      const alias = `partner-${String(number).padStart(5, '0')}`
      await sources.add({
        ...before,
        id: newId(),
        alias,
        name: `Hospital ${number}`,
        domains: [],
        enabled: number % 2 === 0,
        hidden: true,
      })
    }
  })
}, 120_000)
afterAll(() => broker[Symbol.asyncDispose]())

const rowsIn = ({ text }: { readonly text: string }) => text.match(/<th scope="row">/g)?.length ?? 0
const nextIn = ({ text }: { readonly text: string }) =>
  /<a href="([^"]*)" rel="next">/.exec(text)?.[1]?.replaceAll('&#38;', '&')

it('of ten thousand sources a page is shown, one after the other, and any is found', { timeout: 60_000 }, async () => {
  const { page, open } = await enterConsole(broker, '/admin/sources')
  expect(rowsIn(page)).toBe(50)
  expect(page.text).toContain('50 of 10001')
  const second = await open(nextIn(page) ?? 'none')
  expect([rowsIn(second), second.text.includes('Hospital 50<'), second.text.includes('Hospital 49<')]).toEqual([
    50,
    true,
    false,
  ])

  const found = await open('/admin/sources?q=partner-09876')
  expect([rowsIn(found), found.text.includes('Hospital 9876')]).toEqual([1, true])
  const narrowed = await open('/admin/sources?q=hospital&enabled=false&type=local')
  expect(rowsIn(narrowed)).toBe(50)
  expect(narrowed.text).not.toContain('Hospital 2<')
  expect(new URL(nextIn(narrowed) ?? '', broker.config.issuer).searchParams.get('enabled')).toBe('false')
})

it('looks for as much of a long text as the field takes, and shows what that was', { timeout: 60_000 }, async () => {
  const { open } = await enterConsole(broker, '/admin/sources')
  const { text } = await open(`/admin/sources?q=${encodeURIComponent('👩'.repeat(250))}`)
  expect(text).toContain(`value="${'👩'.repeat(200)}" maxlength="200"`)
  expect(text).toContain('No source fits')
})

it('sessions are narrowed to any of them by its alias', { timeout: 60_000 }, async () => {
  const { page, open } = await enterConsole(broker, '/admin/sessions')
  expect(page.text).toMatch(/<input type="text" id="filter-source" name="source" [^>]*list="options-source"/)
  expect(page.text).toContain('<option value="partner-00001">Hospital 1</option>')
  expect(rowsIn(await open('/admin/sessions?source=local'))).toBeGreaterThan(0)
  const none = await open('/admin/sessions?source=partner-09876')
  expect([rowsIn(none), none.text.includes('value="partner-09876"')]).toEqual([0, true])
})
