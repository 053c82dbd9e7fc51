import { expect, it } from 'vitest'
import { createVault } from '../../src/config/secrets.ts'
import type { Artifact } from '../../src/issuer/artifact-store.ts'
import { createRotationAnswers } from '../../src/issuer/rotation-answers.ts'
import { silent } from '../../src/log.ts'
import { openSqlStores } from '../../src/stores/sql/open.ts'

const answer = { access_token: 'access', refresh_token: 'next', expires_in: 300 }

async function start(grace = 10_000) {
  let now = 1_000_000
  const clock = () => now
  const keys = [Buffer.alloc(32, 1)]
  const stores = await openSqlStores({ url: 'sqlite::memory:', vault: createVault(keys), clock, log: silent })
  const kept: Artifact['payload'][] = []
  const artifacts: typeof stores.artifacts = {
    ...stores.artifacts,
    put(kind, id, payload, expiresAt) {
      kept.push({ id, ...payload })
      return stores.artifacts.put(kind, id, payload, expiresAt)
    },
  }
  return {
    answers: createRotationAnswers({ artifacts, clock, grace }),
    kept,
    pass: (milliseconds: number) => {
      now += milliseconds
    },
    [Symbol.asyncDispose]: () => stores[Symbol.asyncDispose](),
  }
}

it('gives the answer to whoever brings the token, and to nobody else', async () => {
  await using test = await start()
  await test.answers.keep('the-token', 'client', answer)
  expect(await test.answers.find('the-token', 'client')).toEqual(answer)
  const others = [test.answers.find('another-token', 'client'), test.answers.find('the-token', 'another-client')]
  expect(await Promise.all(others)).toEqual([undefined, undefined])
})

it('keeps nothing that could be used, nor found by the token', async () => {
  await using test = await start()
  await test.answers.keep('the-token', 'client', answer)
  const text = JSON.stringify(test.kept)
  for (const secret of ['the-token', 'access', 'next']) expect(text).not.toContain(secret)
})

it('forgets the answer when the grace is over', async () => {
  await using test = await start()
  await test.answers.keep('the-token', 'client', answer)
  test.pass(9_999)
  expect(await test.answers.find('the-token', 'client')).toEqual(answer)
  test.pass(1)
  expect(await test.answers.find('the-token', 'client')).toBeUndefined()
})

it('waits a moment for the request that is still at work', async () => {
  await using test = await start()
  const found = test.answers.find('the-token', 'client')
  setTimeout(() => test.answers.keep('the-token', 'client', answer), 120)
  expect(await found).toEqual(answer)
})

it('keeps nothing where there is no grace', async () => {
  await using test = await start(0)
  await test.answers.keep('the-token', 'client', answer)
  expect(test.kept).toEqual([])
})
