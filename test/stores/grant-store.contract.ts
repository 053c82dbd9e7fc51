import { describe, expect, it } from 'vitest'
import { newId, newIdWithin } from '../../src/ids.ts'
import type { Grant } from '../../src/sessions/session.ts'
import { aGrant, aGrantIn, aSession, atOnce, beginning, type LiveWorld, minute, refused } from './world.ts'

export function grantStoreContract(label: string, open: () => Promise<LiveWorld>): void {
  async function withSession(world: LiveWorld) {
    const session = aSession()
    await world.stores.sessions.save(session)
    return session
  }

  describe(`GrantStore (${label})`, () => {
    it('gives two tabs that ask for different things one grant with all of them, on two nodes', async () => {
      await using world = await open()
      const nodes = [world.stores, await world.another()]
      const session = await withSession(world)
      const asked: readonly Partial<Grant>[] = [
        {
          scopes: ['openid', 'email'],
          claims: ['email'],
          resources: { 'https://a.test': ['read'] },
          expiresAt: beginning + minute,
        },
        {
          scopes: ['openid', 'groups'],
          claims: ['name'],
          resources: { 'https://a.test': ['write'], 'https://b.test': [] },
        },
      ]
      const grants = await Promise.all(nodes.map(({ grants }, index) => grants.open(aGrantIn(session, asked[index]))))
      expect(grants[0]?.id).toBe(grants[1]?.id)
      const kept = await world.stores.grants.get(grants[0]?.id ?? '')
      expect(kept?.scopes.toSorted()).toEqual(['email', 'groups', 'openid'])
      expect(kept?.claims.toSorted()).toEqual(['email', 'name'])
      expect(kept?.resources['https://a.test']?.toSorted()).toEqual(['read', 'write'])
      expect(kept?.resources['https://b.test']).toEqual([])
      expect(kept?.expiresAt).toBe(beginning + 600 * minute)
      expect(await world.stores.grants.ofSession(session.id)).toEqual([kept])
    })

    it('loses nothing of fifty tabs', async () => {
      await using world = await open()
      const session = await withSession(world)
      const grants = await atOnce(50, (index) => world.stores.grants.open(aGrantIn(session, { scopes: [`s${index}`] })))
      expect(new Set(grants.map(({ id }) => id)).size).toBe(1)
      expect((await world.stores.grants.get(grants[0]?.id ?? ''))?.scopes).toHaveLength(50)
    })

    it('gives eight clients on one session at once a grant each', async () => {
      await using world = await open()
      const nodes = [world.stores, await world.another()]
      const session = await withSession(world)
      await atOnce(8, (index) =>
        (nodes[index % 2] ?? world.stores).grants.open(aGrantIn(session, { clientId: `client-${index}` })),
      )
      const grants = await world.stores.grants.ofSession(session.id)
      expect(grants.map(({ clientId }) => clientId)).toEqual(Array.from({ length: 8 }, (_, index) => `client-${index}`))
    })

    it('answers what it has when nothing more is asked for', async () => {
      await using world = await open()
      const session = await withSession(world)
      const grant = aGrantIn(session, { scopes: ['openid', 'email'] })
      await world.stores.grants.open(grant)
      expect(
        await world.stores.grants.open({
          ...grant,
          id: newIdWithin(session.id),
          scopes: ['email'],
          claims: [],
          expiresAt: 1,
        }),
      ).toEqual(grant)
    })

    it('makes no grant in a session that has ended, never was, or is past its end', async () => {
      await using world = await open()
      const [ended, idle] = [await withSession(world), await withSession(world)]
      await world.stores.grants.open(aGrantIn(idle))
      await world.stores.sessions.end(ended.id)
      world.pass(30 * minute)
      for (const session of [ended, aSession(), idle]) {
        await refused(world.stores.grants.open(aGrantIn(session)), 'session_ended')
      }
    })

    it('is absent when its session is past its idle end', async () => {
      await using world = await open()
      const session = await withSession(world)
      const grant = await world.stores.grants.open(aGrantIn(session))
      world.pass(30 * minute)
      expect(await world.stores.grants.get(grant.id)).toBeUndefined()
      expect(await world.stores.grants.ofSession(session.id)).toEqual([])
    })

    it('is absent past its own end, and made anew', async () => {
      await using world = await open()
      const session = await withSession(world)
      const old = await world.stores.grants.open(aGrantIn(session, { scopes: ['old'], expiresAt: beginning + minute }))
      world.pass(minute)
      expect(await world.stores.grants.get(old.id)).toBeUndefined()
      const grant = aGrantIn(session, { scopes: ['new'] })
      expect(await world.stores.grants.open(grant)).toEqual(grant)
    })

    it('makes offline grants anew each time, whole, and lets them outlive sessions', async () => {
      await using world = await open()
      const one = aGrant({ sessionId: null, resources: { 'https://a.test': ['read'] } })
      const two = { ...one, id: newId() }
      for (const grant of [one, two]) {
        await world.stores.grants.addOffline(grant)
        expect(await world.stores.grants.get(grant.id)).toEqual(grant)
      }
    })

    it('says whether it still stands, and keeps its session from falling asleep if it does', async () => {
      await using world = await open()
      const { grants, sessions } = world.stores
      const session = await withSession(world)
      const grant = await grants.open(aGrantIn(session))
      world.pass(29 * minute)
      expect(await grants.keepAwake(grant, world.now() + 30 * minute)).toBe(true)
      expect((await sessions.get(session.id))?.idleUntil).toBe(beginning + 59 * minute)
      expect(await grants.keepAwake(grant, session.expiresAt + minute)).toBe(true)
      expect((await sessions.get(session.id))?.idleUntil).toBe(session.expiresAt)
      world.pass(29 * minute)
      expect(await grants.get(grant.id)).toEqual(grant)
    })

    it('keeps no session awake for a grant that was removed, is past its end, or never was in it', async () => {
      await using world = await open()
      const { grants, sessions } = world.stores
      const session = await withSession(world)
      const removed = await grants.open(aGrantIn(session, { clientId: newId() }))
      await grants.remove(removed.id)
      const over = await grants.open(aGrantIn(session, { clientId: newId(), expiresAt: beginning + minute }))
      const other = await grants.open(aGrantIn(session, { clientId: newId() }))
      const never = aGrantIn(session, { clientId: other.clientId })
      world.pass(minute)
      const before = await sessions.get(session.id)
      for (const grant of [removed, over, never])
        expect(await grants.keepAwake(grant, world.now() + 40 * minute)).toBe(false)
      expect(await sessions.get(session.id)).toEqual(before)
      await sessions.end(session.id)
      expect(await grants.keepAwake(other, world.now() + 40 * minute)).toBe(false)
    })

    it('says whether an offline grant still stands', async () => {
      await using world = await open()
      const grant = aGrant({ sessionId: null })
      await world.stores.grants.addOffline(grant)
      expect(await world.stores.grants.keepAwake(grant, world.now())).toBe(true)
      await world.stores.grants.remove(grant.id)
      expect(await world.stores.grants.keepAwake(grant, world.now())).toBe(false)
    })

    it.each(['account', 'client', 'source'] as const)('removes those of one %s, offline ones too', async (kind) => {
      await using world = await open()
      const { grants } = world.stores
      const session = await withSession(world)
      const whose = { accountId: session.accountId, clientId: newId(), sourceId: session.sourceId }
      const own = await grants.open(aGrantIn(session, whose))
      const offline = aGrant({ sessionId: null, ...whose })
      const others = aGrant({ sessionId: null })
      await grants.addOffline(offline)
      await grants.addOffline(others)
      if (kind === 'account') await grants.removeOfAccount(whose.accountId)
      if (kind === 'client') await grants.removeOfClient(whose.clientId)
      if (kind === 'source') await grants.removeOfSource(whose.sourceId)
      expect(await Promise.all([own, offline, others].map(({ id }) => grants.get(id)))).toEqual([
        undefined,
        undefined,
        others,
      ])
    })

    it('removes what a person gave to one client, offline too, and nothing else of them', async () => {
      await using world = await open()
      const { grants } = world.stores
      const session = await withSession(world)
      const [clientId, accountId] = [newId(), session.accountId]
      const gone = await grants.open(aGrantIn(session, { clientId }))
      const kept = await grants.open(aGrantIn(session, { clientId: newId() }))
      const offline = aGrant({ sessionId: null, accountId, clientId })
      const others = [aGrant({ sessionId: null, accountId }), aGrant({ sessionId: null, clientId })]
      for (const one of [offline, ...others]) await grants.addOffline(one)
      await grants.removeOfAccount(accountId, clientId)
      const found = await Promise.all([gone, offline, kept, ...others].map(({ id }) => grants.get(id)))
      expect(found).toEqual([undefined, undefined, kept, ...others])
    })

    it('removes one', async () => {
      await using world = await open()
      const grant = aGrant({ sessionId: null })
      await world.stores.grants.addOffline(grant)
      await world.stores.grants.remove(grant.id)
      expect(await world.stores.grants.get(grant.id)).toBeUndefined()
    })
  })
}
