import { randomBytes, sign, verify } from 'node:crypto'
import { calculateJwkThumbprint, type JWK } from 'jose'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createVault } from '../../src/config/secrets.ts'
import { publishedFor } from '../../src/issuer/public-documents.ts'
import { newKeyPair } from '../../src/keys/key-pair.ts'
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
  keys = createSigningKeys({ ...stores, clock, schedule })
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
    const nodes = Array.from({ length: 3 }, () => createSigningKeys({ ...stores, clock, schedule }))
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

describe('On demand', () => {
  const actor = { kind: 'client', id: 'automation' } as const
  const audited = async () =>
    (await stores.audit.list({ limit: 50 })).items.map(({ action, subject, actor: { id }, before, after }) => ({
      ...{ action, kid: subject.id, by: id, before, after },
    }))

  it('rotates to a key that was published long enough, and says when one will have been', async () => {
    await keys.keepSchedule()
    const [first, second] = [await activeKid(), await kidOf('next')]
    pass(day - 1)
    await expect(keys.rotate(actor)).rejects.toMatchObject({
      code: 'signing_key_too_new',
      message: `The next key may sign from ${new Date(now + 1000).toISOString()} on`,
      retryAfter: 1,
    })
    expect(await activeKid()).toBe(first)
    expect(await audited()).toEqual([])
    pass(1)
    await keys.rotate(actor)
    expect([await kidOf('retiring'), await activeKid()]).toEqual([first, second])
    expect(await states()).toEqual(['active', 'next', 'retiring'])
    expect(await audited()).toEqual([
      {
        action: 'signing_key.activated',
        kid: second,
        by: 'automation',
        before: { state: 'next' },
        after: { state: 'active' },
      },
    ])
    await expect(keys.rotate(actor)).rejects.toMatchObject({ code: 'signing_key_too_new', retryAfter: day })
  })

  it('publishes a next key where there is none, instead of using one that nobody knows', async () => {
    await keys.ensureActive()
    await expect(keys.rotate(actor)).rejects.toMatchObject({ code: 'signing_key_too_new', retryAfter: day })
    expect(await states()).toEqual(['active', 'next'])
  })

  it('makes one key, however many nodes rotate at the same moment', async () => {
    await keys.keepSchedule()
    const second = await kidOf('next')
    pass(day)
    const nodes = Array.from({ length: 4 }, () => createSigningKeys({ ...stores, clock, schedule }))
    const settled = await Promise.allSettled(nodes.map((node) => node.rotate(actor)))
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const result of settled) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'signing_key_too_new' })
    }
    expect(await activeKid()).toBe(second)
    expect(await states()).toEqual(['active', 'next', 'retiring'])
    expect(await audited()).toHaveLength(1)
  })

  it('revokes the active key for the next one at once, and has another one published', async () => {
    await keys.keepSchedule()
    const [first = '', second] = [await activeKid(), await kidOf('next')]
    await keys.revoke(actor, first)
    expect(await activeKid()).toBe(second)
    expect(await states()).toEqual(['active', 'next'])
    expect((await keys.read()).verifiers.has(first)).toBe(false)
    expect((await audited()).map(({ action, kid, by }) => ({ action, kid, by }))).toEqual([
      { action: 'signing_key.activated', kid: second, by: 'automation' },
      { action: 'signing_key.revoked', kid: first, by: 'automation' },
    ])
    await expect(keys.revoke(actor, first)).rejects.toMatchObject({ code: 'not_found' })
  })

  it('revokes the active key where there is no next one for a new one', async () => {
    await keys.ensureActive()
    const first = (await activeKid()) ?? ''
    await keys.revoke(actor, first)
    expect(await states()).toEqual(['active'])
    expect(await activeKid()).not.toBe(first)
    await keys.keepSchedule()
    expect(await states()).toEqual(['active', 'next'])
  })

  it('revokes a next key for another next one, and a retiring one for none', async () => {
    await keys.keepSchedule()
    const [first = '', second = ''] = [await activeKid(), await kidOf('next')]
    await keys.revoke(actor, second)
    expect(await activeKid()).toBe(first)
    expect(await states()).toEqual(['active', 'next'])
    pass(day)
    await keys.rotate(actor)
    await keys.revoke(actor, first)
    expect(await states()).toEqual(['active', 'next'])
    expect((await keys.list()).map(({ kid }) => kid)).not.toContain(first)
  })

  it('ends with one active and one next key, whatever several nodes do at once', async () => {
    await keys.keepSchedule()
    for (let round = 0; round < 3; round += 1) {
      pass(day)
      const first = (await activeKid()) ?? ''
      const nodes = Array.from({ length: 4 }, () => createSigningKeys({ ...stores, clock, schedule }))
      await Promise.allSettled(
        nodes.map((node, index) => (index % 2 === 0 ? node.rotate(actor) : node.revoke(actor, first))),
      )
      expect((await states()).filter((state) => state !== 'retiring')).toEqual(['active', 'next'])
      expect((await keys.list()).map(({ kid }) => kid)).not.toContain(first)
    }
  })

  it('writes a rotation by the schedule down as the server’s own', async () => {
    await keys.keepSchedule()
    pass(90 * day)
    await keys.keepSchedule()
    expect(await audited()).toMatchObject([{ action: 'signing_key.activated', by: 'gatehouse' }])
  })

  it('begins with a pair that was begun before', async () => {
    const prepared = newKeyPair()
    const early = createSigningKeys({ ...stores, clock, schedule, prepared })
    await early.ensureActive()
    expect(await activeKid()).toBe((await prepared).kid)
    await early.keepSchedule()
    expect(await states()).toEqual(['active', 'next'])
  })
})
