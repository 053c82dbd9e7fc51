import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { createVault } from '../../src/config/secrets.ts'
import { answerErrors } from '../../src/http/errors.ts'
import { frontRoutes } from '../../src/http/front.ts'
import { silent } from '../../src/log.ts'
import { openSqlStores } from '../../src/stores/sql/open.ts'
import { listen } from './listen.ts'

const stores = () =>
  openSqlStores({ url: 'sqlite::memory:', vault: createVault([randomBytes(32)]), clock: Date.now, log: silent })

async function serve(ready: () => Promise<unknown>) {
  const errors = answerErrors({ log: silent, problemPage: () => '' })
  return listen([errors, frontRoutes({ issuer: 'https://login.example.com', assets: '/assets', ready })])
}

it('is ready while the store answers, and says 503 and when to ask again while it does not', async () => {
  const open = await stores()
  await using server = await serve(open.registryVersion)
  const ask = (name: string) => fetch(`${server.url}/health/${name}`, { headers: { accept: 'application/json' } })
  expect((await ask('ready')).status).toBe(200)
  await open[Symbol.asyncDispose]()
  const answer = await ask('ready')
  expect(answer.status).toBe(503)
  expect(answer.headers.get('retry-after')).toBe('5')
  expect(await answer.json()).toMatchObject({ code: 'temporarily_unavailable' })
  // A restart would not mend the store.
  expect((await ask('live')).status).toBe(200)
})

it('has an icon for who asks without having read a page', async () => {
  await using server = await serve(async () => {})
  const answer = await fetch(`${server.url}/favicon.ico`)
  expect(answer.status).toBe(200)
  expect(answer.headers.get('content-type')).toBe('image/svg+xml')
})
