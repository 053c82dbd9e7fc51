import { randomBytes, sign, verify } from 'node:crypto'
import { calculateJwkThumbprint, type JWK } from 'jose'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createVault } from '../../src/config/secrets.ts'
import { publishedFor } from '../../src/issuer/public-documents.ts'
import { createSigningKeys, type KeyRing, type SigningKeys } from '../../src/keys/signing-keys.ts'
import { silent } from '../../src/log.ts'
import { openSqlStores, type SqlStores } from '../../src/stores/sql/open.ts'

const hour = 3600
const day = 24 * hour
const schedule = { active_for: 90 * day, published_before: day, retiring_for: 2 * day }
const idToken = 300

let now: number
let stores: SqlStores
let keys: SigningKeys
const clock = () => now
const pass = (seconds: number) => {
  now += seconds * 1000
}

beforeEach(async () => {
  now = Date.UTC(2026, 0, 1)
  stores = await openSqlStores({ url: 'sqlite::memory:', vault: createVault([randomBytes(32)]), clock, log: silent })
  keys = createSigningKeys({ store: stores.keys, clock, schedule })
})
afterEach(() => stores[Symbol.asyncDispose]())

const states = async () => (await keys.list()).map(({ state }) => state).sort()
const kidOf = async (wanted: string) => (await keys.list()).find(({ state }) => state === wanted)?.kid
const activeKid = () => kidOf('active')

describe('The schedule of the signing keys', () => {
  it('makes the first key and the next one at once, and nothing more', async () => {
    expect(await keys.keepSchedule()).toBe(true)
    expect(await states()).toEqual(['active', 'next'])
    expect(await keys.keepSchedule()).toBe(false)
    pass(89 * day)
    expect(await keys.keepSchedule()).toBe(false)
  })

  it('rotates to the key that was published, keeps the old one for its time, then forgets it', async () => {
    await keys.keepSchedule()
    const [first, second] = [await activeKid(), await kidOf('next')]
    pass(90 * day)
    expect(await keys.keepSchedule()).toBe(true)
    expect(await activeKid()).toBe(second)
    expect(await kidOf('retiring')).toBe(first)
    expect(await states()).toEqual(['active', 'next', 'retiring'])
    pass(2 * day - 1)
    expect(await keys.keepSchedule()).toBe(false)
    pass(1)
    expect(await keys.keepSchedule()).toBe(true)
    expect(await states()).toEqual(['active', 'next'])
  })

  it('SEC-046 does not use a key before it was published long enough, however overdue the old one is', async () => {
    await keys.keepSchedule()
    await stores.keys.remove((await kidOf('next')) ?? '')
    pass(200 * day)
    await keys.keepSchedule()
    const first = await activeKid()
    pass(day - 1)
    await keys.keepSchedule()
    expect(await activeKid()).toBe(first)
    pass(1)
    await keys.keepSchedule()
    expect(await activeKid()).not.toBe(first)
  })

  it('SEC-048 names every key by its thumbprint (RFC 7638), and shows none that is private', async () => {
    await keys.keepSchedule()
    const { all } = await keys.read()
    for (const jwk of all) expect(jwk.kid).toBe(await calculateJwkThumbprint(jwk))
    expect(new Set(all.map(({ kid }) => kid)).size).toBe(2)
    expect(JSON.stringify(await keys.list())).not.toMatch(/"(d|p|q|dp|dq|qi|n|privateJwk)"/)
  })
})

describe('Three rotations', () => {
  /** Somebody at an API: keeps the keys for as long as it may, and never asks sooner. */
  function verifier(read: () => Promise<KeyRing>, maxAge: number, begunAt: number) {
    let kept: { readonly until: number; readonly ring: KeyRing } | undefined
    return async (message: { kid: string; signature: Buffer }) => {
      if (now < begunAt) return true
      if (!kept || now >= kept.until) kept = { ring: await read(), until: now + maxAge * 1000 }
      const key = kept.ring.verifiers.get(message.kid)
      return key !== undefined && verify('sha256', Buffer.from('x'), key, message.signature)
    }
  }

  const signed = ({ active }: KeyRing) => ({
    kid: active.kid ?? '',
    signature: sign('sha256', Buffer.from('x'), { key: active as JWK & { kty: string }, format: 'jwk' }),
  })

  it('SEC-046 fail nobody who keeps the keys for the full max-age, whenever they began', {
    timeout: 60_000,
  }, async () => {
    const maxAge = publishedFor(schedule)
    expect(maxAge).toBe(hour)
    await keys.keepSchedule()
    const verifiers = Array.from({ length: 6 }, (_, index) => verifier(keys.read, maxAge, now + index * 10 * 60_000))
    const seen = new Set<string>()
    let failures = 0
    let older = signed(await keys.read())

    async function check() {
      await keys.keepSchedule()
      const fresh = signed(await keys.read())
      seen.add(fresh.kid)
      for (const believes of verifiers) {
        // What is presented is as old as a token may be, or was made this very moment.
        if (!(await believes(older)) || !(await believes(fresh))) failures += 1
      }
      older = fresh
    }

    for (let rotation = 0; rotation < 3; rotation += 1) {
      // Day by day while nothing happens; round the rotation, in steps of a token's life.
      for (let days = 0; days < 89; days += 1, pass(day)) await keys.keepSchedule()
      for (let time = 0; time < 1.2 * day; time += idToken, pass(idToken)) await check()
    }
    expect(seen.size).toBeGreaterThanOrEqual(4)
    expect(failures).toBe(0)
  })

  it('would fail a verifier that keeps the keys for longer than they are published before', async () => {
    await keys.keepSchedule()
    const late = verifier(keys.read, 200 * day, now)
    expect(await late(signed(await keys.read()))).toBe(true)
    pass(90 * day)
    await keys.keepSchedule()
    pass(1)
    expect(await late(signed(await keys.read()))).toBe(true)
    pass(90 * day)
    await keys.keepSchedule()
    expect(await late(signed(await keys.read()))).toBe(false)
  })

  it('lets the keys be kept for less time than they are published before, however short that is', () => {
    for (const published_before of [1, 2, 60, hour, day, 30 * day]) {
      expect(publishedFor({ published_before })).toBeLessThan(published_before)
      expect(publishedFor({ published_before })).toBeLessThanOrEqual(hour)
    }
  })

  it('SEC-046 are made once, however many nodes keep the schedule at the same moment', async () => {
    const nodes = Array.from({ length: 3 }, () => createSigningKeys({ store: stores.keys, clock, schedule }))
    const all = () => Promise.all(nodes.map((node) => node.keepSchedule()))
    await all()
    expect(await states()).toEqual(['active', 'next'])
    for (let rotation = 1; rotation <= 3; rotation += 1) {
      const next = await kidOf('next')
      pass(90 * day)
      await all()
      expect(await states()).toEqual(['active', 'next', 'retiring'])
      expect(await activeKid()).toBe(next)
      pass(2 * day)
      await all()
    }
  })
})
