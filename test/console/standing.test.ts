import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { breakableStores } from '../support/breakable.ts'
import { freePort, startTestBroker } from '../support/broker.ts'
import { enterConsole } from '../support/console.ts'
import { headingIn } from '../support/pages.ts'

it('a store that is away is 503 on every page, and signs nobody out', async () => {
  const stores = breakableStores()
  await using broker = await startTestBroker({ parts: { openStores: stores.open } })
  const { visitor, open, page, send } = await enterConsole(broker)
  stores.cut()
  for (const path of ['/admin/', '/admin/sources', '/admin/sign-in']) {
    const answer = await visitor.request(broker.config.issuer + path, { headers: { accept: 'text/html' } })
    expect([path, answer.status, answer.headers.getSetCookie(), answer.headers.get('location')]).toEqual([
      path,
      503,
      [],
      null,
    ])
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
  }
  expect((await send(page, '/sign-out')).status).toBe(503)
  stores.mend()
  const after = await open('/admin/sources')
  expect([after.statuses, headingIn(after)]).toEqual([[200], 'Authentication Sources'])
})

it('whoever is signed in stays so over a restart, and on another node', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-console-'))
  try {
    const common = {
      database: `sqlite:${join(folder, 'gatehouse.db')}`,
      keys: [randomBytes(32)],
      port: await freePort(),
    }
    let visitor: Awaited<ReturnType<typeof enterConsole>>['visitor']
    {
      await using first = await startTestBroker(common)
      ;({ visitor } = await enterConsole(first))
    }
    await using again = await startTestBroker(common)
    const { issuer } = again.config
    expect((await visitor.request(`${issuer}/admin/sources`)).status, 'after a restart').toBe(200)

    await using other = await startTestBroker({ ...common, port: await freePort(), issuer })
    const elsewhere = await fetch(new URL('/admin/sources', other.url), {
      headers: { cookie: visitor.cookies(`${issuer}/admin/`) },
      redirect: 'manual',
    })
    expect(elsewhere.status, 'on another node').toBe(200)
  } finally {
    await rm(folder, { recursive: true })
  }
})
