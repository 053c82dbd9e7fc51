import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { createThrottle } from '../../src/accounts/throttle.ts'
import { createVault } from '../../src/config/secrets.ts'
import { networkOf } from '../../src/http/network.ts'
import { silent } from '../../src/log.ts'
import { openSqlStores } from '../../src/stores/sql/open.ts'

const start = Date.parse('2026-03-01T12:00:00Z')
const limits = { perUser: 5, perAddress: 20, window: 300 }

async function setUp() {
  let now = start
  const clock = () => now
  const stores = await openSqlStores({
    url: 'sqlite::memory:',
    vault: createVault([randomBytes(32)]),
    clock,
    log: silent,
  })
  const throttle = createThrottle({ attempts: stores.attempts, networkOf, clock, limits })
  const attempt = (change: { username?: string; sourceId?: string; address?: string } = {}) => ({
    username: 'john',
    sourceId: 'local',
    address: '192.0.2.1',
    ...change,
  })
  return {
    stores,
    throttle,
    attempt,
    fail: async (times: number, change: Parameters<typeof attempt>[0] = {}) => {
      for (let count = 0; count < times; count += 1) await throttle.failed(attempt(change))
    },
    succeed: async (change: Parameters<typeof attempt>[0] = {}) => {
      await throttle.succeeded(attempt(change), await throttle.check(attempt(change)))
    },
    isOpen: (change: Parameters<typeof attempt>[0] = {}) =>
      throttle.check(attempt(change)).then(
        () => true,
        (error) => {
          if (error.code === 'too_many_attempts') return false
          throw error
        },
      ),
    pass: (milliseconds: number) => {
      now += milliseconds
    },
    [Symbol.asyncDispose]: () => stores[Symbol.asyncDispose](),
  }
}

it('SEC-086 refuses after so many failures, and says for how long', async () => {
  await using door = await setUp()
  await door.fail(4)
  expect(await door.isOpen()).toBe(true)
  await door.fail(1)
  door.pass(60_500)
  await expect(door.throttle.check(door.attempt())).rejects.toMatchObject({
    code: 'too_many_attempts',
    status: 429,
    retryAfter: 240,
  })
  door.pass(239_500)
  expect(await door.isOpen()).toBe(true)
})

it('SEC-086 counts one name however it is spelled', async () => {
  await using door = await setUp()
  for (const username of ['john', 'JOHN', ' john', 'ｊｏｈｎ', 'John ']) await door.fail(1, { username })
  for (const username of ['john', 'jOhN', 'ｊohn']) expect(await door.isOpen({ username })).toBe(false)
  expect(await door.isOpen({ username: 'jane' })).toBe(true)
  expect(await door.isOpen({ sourceId: 'staff' })).toBe(true)
})

it.each([
  ['an IPv6 subscriber', '2001:db8:1:2::1', '2001:db8:1:2:ffff:ffff:ffff:ffff', '2001:db8:1:3::1'],
  ['an IPv4 address', '192.0.2.1', '::ffff:192.0.2.1', '192.0.2.2'],
  ['a link-local address', 'fe80::1%eth0', 'fe80::2%eth0', 'fe81::1%eth0'],
  ['something that is no address', 'unix:', 'unix:', ''],
])('SEC-086 counts %s as one network', async (_, from, same, other) => {
  await using door = await setUp()
  await door.fail(5, { address: from })
  expect(await door.isOpen({ address: same })).toBe(false)
  expect(await door.isOpen({ address: other })).toBe(true)
})

it('SEC-086 refuses a network that tries one password on many names', async () => {
  await using door = await setUp()
  for (let count = 0; count < 20; count += 1) await door.fail(1, { username: `user${count}` })
  expect(await door.isOpen({ username: 'another' })).toBe(false)
  expect(await door.isOpen({ username: 'another', address: '192.0.2.2' })).toBe(true)
})

it('SEC-086 refuses many networks that try one name', async () => {
  await using door = await setUp()
  for (let count = 0; count < 50; count += 1) await door.fail(1, { address: `198.51.100.${count}` })
  expect(await door.isOpen({ address: '203.0.113.9' })).toBe(false)
  expect(await door.isOpen({ address: '203.0.113.9', username: 'jane' })).toBe(true)
})

it('SEC-086 cannot be used to lock somebody out', async () => {
  await using door = await setUp()
  const home = { address: '2001:db8:1:2::1' }
  await door.fail(49, { address: '198.51.100.1' })
  expect(await door.isOpen(home)).toBe(true)

  await door.succeed(home)
  await door.fail(51, { address: '198.51.100.2' })
  expect(await door.isOpen({ address: '203.0.113.9' })).toBe(false)
  expect(await door.isOpen(home)).toBe(true)
  await door.fail(5, home)
  expect(await door.isOpen(home)).toBe(false)
})

it('remembers for thirty days where somebody signed in', async () => {
  await using door = await setUp()
  await door.succeed()
  door.pass(20 * 86_400_000)
  await door.succeed()
  door.pass(20 * 86_400_000)
  await door.fail(50, { address: '198.51.100.1' })
  expect(await door.isOpen()).toBe(true)
  door.pass(11 * 86_400_000)
  await door.fail(50, { address: '198.51.100.1' })
  expect(await door.isOpen()).toBe(false)
})

it('forgets the failures of somebody who got it right, but not those of their network', async () => {
  await using door = await setUp()
  await door.fail(4)
  await door.succeed()
  await door.fail(4)
  expect(await door.isOpen()).toBe(true)
  await door.fail(12, { username: 'jane' })
  expect(await door.isOpen()).toBe(false)
})

it('SEC-086 gives nothing for guesses that are sent all at once', async () => {
  await using door = await setUp()
  const guesses = Array.from({ length: 50 }, () => door.attempt())
  const rooms = await Promise.all(guesses.map((guess) => door.throttle.check(guess)))
  const [room = { isKnown: true }] = rooms
  await Promise.all(guesses.slice(1).map((guess) => door.throttle.failed(guess)))
  await expect(door.throttle.succeeded(door.attempt(), room)).rejects.toMatchObject({ code: 'too_many_attempts' })
  expect(await door.isOpen(), 'the failures are not forgotten').toBe(false)
  door.pass(300_000)
  await door.fail(50, { address: '198.51.100.1' })
  expect(await door.isOpen(), 'nor is anybody known there for it').toBe(false)
})

it('SEC-086 counts nothing when it is told nothing', async () => {
  await using door = await setUp()
  for (let count = 0; count < 100; count += 1) await door.throttle.check(door.attempt())
  expect(await door.isOpen()).toBe(true)
})

it('cannot tell when the store does not answer', async () => {
  const door = await setUp()
  await door[Symbol.asyncDispose]()
  await expect(door.isOpen()).rejects.toMatchObject({ name: 'Unavailable' })
})
