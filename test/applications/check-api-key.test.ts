import { describe, expect, it } from 'vitest'
import { createApiKeys } from '../../src/applications/api-keys.ts'
import { createCheckApiKey } from '../../src/applications/check-api-key.ts'
import { newKey } from '../../src/applications/key-text.ts'
import { createLastUsed } from '../../src/applications/last-used.ts'
import { system } from '../../src/audit/audit.ts'
import { Unavailable } from '../../src/errors.ts'
import { silent } from '../../src/log.ts'
import { createEntitlement } from '../../src/tokens/accept.ts'
import { openRegistry } from '../accounts/registry.ts'
import { aClient, anApi, anApplication } from '../stores/world.ts'

const hour = 3_600_000

async function setUp() {
  let now = Date.parse('2026-03-01T12:30:00Z')
  const clock = () => now
  const registry = await openRegistry(clock)
  const [api, other, application] = [anApi({ clients: [] }), anApi({ clients: ['named'] }), anApplication()]
  for (const id of [application.clientId, 'named']) await registry.clients.add(aClient({ id }))
  for (const each of [api, other]) await registry.apis.add(each)
  await registry.applications.add(application)
  let looks = 0
  const counted = {
    ...registry.apiKeys,
    byPrefix: (prefix: string) => {
      looks += 1
      return registry.apiKeys.byPrefix(prefix)
    },
  }
  const writes: (readonly string[])[] = []
  const used: typeof registry.apiKeys.used = (ids, at) => {
    writes.push(ids)
    return registry.apiKeys.used(ids, at)
  }
  const lastUsed = createLastUsed({ apiKeys: { used }, clock, log: silent })
  const keys = createApiKeys({ ...registry, clock })
  const create = (expires_at: number | null = null) =>
    keys.create(system, application.id, { api_id: api.id, name: '', expires_at })
  const check = createCheckApiKey({ apiKeys: counted, lastUsed, clock })
  return {
    ...{ registry, api, other, application, keys, create, check, lastUsed, writes, clock },
    looks: () => looks,
    pass: (milliseconds: number) => {
      now += milliseconds
    },
    now: () => now,
    [Symbol.asyncDispose]: async () => {
      await lastUsed[Symbol.asyncDispose]()
      await registry[Symbol.asyncDispose]()
    },
  }
}

const no = (reason: string) => ({ ok: false, reason })

describe('SEC-104 an API key', () => {
  it('opens the API it was made for, and says whose it is', async () => {
    await using here = await setUp()
    const { key, apiKey } = await here.create()
    expect(await here.check(key, here.api.id)).toEqual({ ok: true, application: here.application, apiKey })
    expect(await here.check(key, here.other.id)).toEqual(no('api_key_wrong_api'))
  })

  it('is not ours, mistyped or unknown: and only what could be one is looked up', async () => {
    await using here = await setUp()
    const { key } = await here.create()
    expect(await here.check('Bearer x', here.api.id)).toBeUndefined()
    expect(await here.check(`${key.slice(0, -1)}!`, here.api.id)).toEqual(no('api_key_mistyped'))
    expect(here.looks()).toBe(0)
    expect(await here.check(newKey().key, here.api.id)).toEqual(no('api_key_unknown'))
    expect(here.looks()).toBe(1)
  })

  it('is not known by its public name alone', async () => {
    await using here = await setUp()
    const { apiKey } = await here.create()
    const forged = newKey()
    await here.registry.apiKeys.replace({ ...apiKey, prefix: forged.prefix }, 1)
    expect(await here.check(forged.key, here.api.id)).toEqual(no('api_key_unknown'))
  })

  it('ends when it expires, and at once when it is revoked', async () => {
    await using here = await setUp()
    const short = await here.create(here.now() + hour)
    const long = await here.create()
    here.pass(hour - 1)
    expect(await here.check(short.key, here.api.id)).toMatchObject({ ok: true })
    here.pass(1)
    expect(await here.check(short.key, here.api.id)).toEqual(no('api_key_expired'))
    await here.keys.revoke(system, here.application.id, long.apiKey.id, 1)
    expect(await here.check(long.key, here.api.id)).toEqual(no('api_key_unknown'))
  })

  it('opens nothing while its application is switched off, and says by whom', async () => {
    await using here = await setUp()
    const { key } = await here.create()
    const say = async (flags: Partial<typeof here.application>) => {
      const { version } = (await here.registry.applications.get(here.application.id)) ?? here.application
      await here.registry.applications.replace({ ...here.application, ...flags }, version)
    }
    await say({ disabledByConsumer: true })
    expect(await here.check(key, here.api.id)).toEqual(no('application_disabled_by_consumer'))
    await say({ disabledByConsumer: true, disabledByPublisher: true })
    expect(await here.check(key, here.api.id)).toEqual(no('application_disabled_by_publisher'))
    await say({})
    expect(await here.check(key, here.api.id)).toMatchObject({ ok: true })
  })

  it('that is rotated is good for the overlap, and no longer than it was before', async () => {
    await using here = await setUp()
    const first = await here.create(here.now() + 10 * hour)
    here.pass(4 * hour)
    const rotate = (id: string, overlap_seconds: number) =>
      here.keys.rotate(system, here.application.id, id, { overlap_seconds }, 1)
    const second = await rotate(first.apiKey.id, 3600)
    expect(second.apiKey.expiresAt, 'as long as the one before was made for').toBe(here.now() + 10 * hour)
    for (const { key } of [first, second]) expect(await here.check(key, here.api.id)).toMatchObject({ ok: true })
    here.pass(hour)
    expect(await here.check(first.key, here.api.id)).toEqual(no('api_key_expired'))
    const third = await rotate(second.apiKey.id, 90 * 86_400)
    here.pass(9 * hour)
    expect(await here.check(second.key, here.api.id)).toEqual(no('api_key_expired'))
    expect(await here.check(third.key, here.api.id)).toMatchObject({ ok: true })
    const fourth = await rotate(third.apiKey.id, 0)
    expect(await here.check(third.key, here.api.id)).toEqual(no('api_key_expired'))
    expect(await here.check(fourth.key, here.api.id)).toMatchObject({ ok: true })
  })

  it('that is rotated a second time is not taken for one that was made to be short-lived', async () => {
    await using here = await setUp()
    const first = await here.create()
    const rotate = (more: { expires_at?: number | null }, expected: number) =>
      here.keys.rotate(system, here.application.id, first.apiKey.id, { overlap_seconds: 60, ...more }, expected)
    expect((await rotate({}, 1)).apiKey.expiresAt).toBeNull()
    await expect(rotate({}, 2)).rejects.toMatchObject({ problems: [{ path: 'expires_at' }] })
    expect((await rotate({ expires_at: null }, 2)).apiKey.expiresAt).toBeNull()
  })

  it('is neither good nor bad while the store does not answer', async () => {
    await using here = await setUp()
    const { key } = await here.create()
    const byPrefix = () => Promise.reject(new Unavailable('store', 'away'))
    const check = createCheckApiKey({ ...here, apiKeys: { byPrefix } })
    await expect(check(key, here.api.id)).rejects.toThrow(Unavailable)
  })

  it('is noted as used once an hour at most, behind the request', async () => {
    await using here = await setUp()
    const { key, apiKey } = await here.create()
    const use = () => here.check(key, here.api.id)
    const lastUsedAt = async () => (await here.registry.apiKeys.get(apiKey.id))?.lastUsedAt
    for (let times = 0; times < 50; times++) await use()
    expect(here.writes).toEqual([])
    await here.lastUsed.write()
    // Within the hour in which it was made: not before that.
    expect(await lastUsedAt()).toBe(Date.parse('2026-03-01T12:30:00Z'))
    await use()
    await here.lastUsed.write()
    expect(here.writes).toEqual([[apiKey.id]])
    here.pass(hour)
    await use()
    await here.lastUsed.write()
    expect(await lastUsedAt()).toBe(Date.parse('2026-03-01T13:00:00Z'))
  })
})

describe('a client is entitled', () => {
  it('to an API that names it, or that its application has a good key for', async () => {
    await using here = await setUp()
    const { api, other, application, registry, clock } = here
    let looks = 0
    const opened = (clientId: string, now: number) => {
      looks += 1
      return registry.apiKeys.opened(clientId, now)
    }
    const { anyAccepts, isEntitled } = createEntitlement({ apiKeys: { opened }, clock })
    const own = (clientId: string) => ({ clientId, audience: clientId })
    expect(await anyAccepts([api, other], own('named'))).toBe(true)
    expect(await anyAccepts([api], own('named'))).toBe(false)
    expect(looks, 'only clients of applications are looked up').toBe(0)

    expect(await anyAccepts([api, other], own(application.clientId))).toBe(false)
    const { apiKey } = await here.create(here.now() + hour)
    expect(await anyAccepts([api, other], own(application.clientId))).toBe(true)
    expect(await anyAccepts([other], own(application.clientId))).toBe(false)
    expect(await isEntitled(api, application.clientId)).toBe(true)
    expect(await isEntitled(other, application.clientId)).toBe(false)

    const withAudience = { ...api, audience: 'https://api.test' }
    expect(await anyAccepts([withAudience], own(application.clientId)), 'the audience decides').toBe(false)
    expect(await anyAccepts([withAudience], { clientId: 'x', audience: 'https://api.test' })).toBe(true)
    here.pass(hour)
    expect(await anyAccepts([api], own(application.clientId))).toBe(false)
    await here.keys.revoke(system, application.id, apiKey.id, 1)
    expect(await isEntitled(api, application.clientId)).toBe(false)
  })
})
