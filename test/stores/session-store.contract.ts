import { describe, expect, it } from 'vitest'
import type { BrokerSession } from '../../src/sessions/session.ts'
import { aGrant, aGrantIn, aSession, beginning, type LiveWorld, minute, refused } from './world.ts'

export function sessionStoreContract(label: string, open: () => Promise<LiveWorld>): void {
  describe(`SessionStore (${label})`, () => {
    it('keeps a session whole, with or without an upstream one', async () => {
      await using world = await open()
      for (const session of [aSession(), aSession({ upstream: null }), aSession({ upstream: { sid: 'only' } })]) {
        await world.stores.sessions.save(session)
        expect(await world.stores.sessions.get(session.id)).toEqual(session)
      }
      expect(await world.stores.sessions.get('nobody’s')).toBeUndefined()
    })

    it('keeps what the browser told of itself, and the newest of that', async () => {
      await using world = await open()
      const device = {
        browser: 'Samsung Internet',
        system: 'Android',
        address: '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff',
      }
      const session = aSession({ device })
      await world.stores.sessions.save(session)
      expect(await world.stores.sessions.get(session.id)).toEqual(session)
      const renewed = { ...session, device: { browser: '', system: '', address: '203.0.113.7' } }
      await world.stores.sessions.save(renewed)
      expect(await world.stores.sessions.get(session.id)).toEqual(renewed)
      const { device: _, ...without } = session
      await world.stores.sessions.save(without)
      expect(await world.stores.sessions.get(session.id)).toEqual(without)
    })

    it('renews what it knows of the source when the person proved themselves again', async () => {
      await using world = await open()
      const session = aSession()
      const grant = aGrantIn(session)
      await world.stores.sessions.save(session)
      await world.stores.grants.open(grant)
      const renewed = {
        ...session,
        sourceId: 'entra',
        subject: 'other',
        upstream: { sid: 'new' },
        idleUntil: beginning + 40 * minute,
      }
      expect(await world.stores.sessions.renew(renewed)).toBe(true)
      expect(await world.stores.sessions.get(session.id)).toEqual(renewed)
      expect(await world.stores.grants.get(grant.id)).toEqual(grant)
    })

    it('is not renewed when it has ended, is past its idle end, or is somebody else’s', async () => {
      await using world = await open()
      const session = aSession()
      const other = { ...session, accountId: 'another' }
      expect(await world.stores.sessions.renew(session)).toBe(false)
      await world.stores.sessions.save(session)
      expect(await world.stores.sessions.renew(other)).toBe(false)
      expect(await world.stores.sessions.get(session.id)).toEqual(session)
      await world.stores.sessions.end(session.id)
      expect(await world.stores.sessions.renew(session)).toBe(false)
      expect(await world.stores.sessions.get(session.id)).toBeUndefined()
      expect(await world.stores.sessions.ofAccount(session.accountId)).toEqual([])

      const idle = aSession()
      await world.stores.sessions.save(idle)
      world.pass(idle.idleUntil - beginning)
      expect(await world.stores.sessions.renew({ ...idle, idleUntil: idle.expiresAt })).toBe(false)
      expect(await world.stores.sessions.get(idle.id)).toBeUndefined()
    })

    it('does not become somebody else’s', async () => {
      await using world = await open()
      const session = aSession()
      await world.stores.sessions.save(session)
      await refused(world.stores.sessions.save({ ...session, accountId: 'another' }), 'conflict')
      expect(await world.stores.sessions.get(session.id)).toEqual(session)
    })

    it('is absent past its idle end, unless it is used before', async () => {
      await using world = await open()
      const session = aSession()
      const { sessions } = world.stores
      await sessions.save(session)
      world.pass(29 * minute)
      await sessions.touch(session.id, world.now() + 30 * minute)
      world.pass(29 * minute)
      expect(await sessions.get(session.id)).toEqual({ ...session, idleUntil: beginning + 59 * minute })
      world.pass(minute)
      expect(await sessions.get(session.id)).toBeUndefined()
      expect(await sessions.ofAccount(session.accountId)).toEqual([])
      await sessions.touch(session.id, world.now() + 30 * minute)
      expect(await sessions.get(session.id)).toBeUndefined()
      expect(await sessions.end(session.id)).toBeUndefined()
    })

    it('is absent past its absolute end, however much it is used', async () => {
      await using world = await open()
      const session = aSession({ expiresAt: beginning + 31 * minute })
      await world.stores.sessions.save(session)
      await world.stores.sessions.touch(session.id, beginning + 90 * minute)
      world.pass(31 * minute - 1)
      expect((await world.stores.sessions.get(session.id))?.idleUntil).toBe(session.expiresAt)
      world.pass(1)
      expect(await world.stores.sessions.get(session.id)).toBeUndefined()
    })

    it('is found by account', async () => {
      await using world = await open()
      const [one, two] = [aSession({ startedAt: 1 }), aSession({ startedAt: 2 })]
      const three = aSession({ accountId: one.accountId, sourceId: two.sourceId, startedAt: 3 })
      for (const session of [three, two, one]) await world.stores.sessions.save(session)
      expect(await world.stores.sessions.ofAccount(one.accountId)).toEqual([one, three])
    })

    it('ends with all others of its account, or of its source', async () => {
      await using world = await open()
      const { sessions } = world.stores
      const [one, two, three] = [aSession(), aSession(), aSession()]
      const same = aSession({ accountId: one.accountId, sourceId: two.sourceId })
      for (const session of [one, two, three, same]) await sessions.save(session)
      const left = async () => (await sessions.list({ limit: 10 })).items.map(({ id }) => id).toSorted()
      await sessions.endOfAccount(one.accountId)
      expect(await left()).toEqual([two.id, three.id].toSorted())
      await sessions.endOfSource(two.sourceId)
      expect(await left()).toEqual([three.id])
    })

    it('is listed page by page, the newest first, all of them or those of one source or account', async () => {
      await using world = await open()
      const { sessions } = world.stores
      const [okta, entra, rene] = ['okta', 'entra', 'rene']
      const all = Array.from({ length: 12 }, (_, index) =>
        aSession({
          sourceId: index % 3 === 0 ? entra : okta,
          accountId: index % 2 === 0 ? rene : 'john',
          // Some begin in the same millisecond.
          startedAt: beginning + Math.floor(index / 4) * minute,
          expiresAt: beginning + (600 + Math.floor(index / 4)) * minute,
        }),
      )
      for (const session of all) await sessions.save(session)
      const pages = async (query: { readonly sourceId?: string; readonly accountId?: string }) => {
        const found: BrokerSession[] = []
        let after: string | undefined
        do {
          const page = await sessions.list({ limit: 3, ...query, ...(after !== undefined && { after }) })
          expect(page.items.length).toBeLessThanOrEqual(3)
          found.push(...page.items)
          // What ends meanwhile moves nobody to another page.
          if (after === undefined) await sessions.end(page.items[0]?.id ?? '')
          after = page.next ?? undefined
        } while (after !== undefined)
        const starts = found.map(({ startedAt }) => startedAt)
        expect(starts).toEqual(starts.toSorted((a, b) => b - a))
        return found.map(({ id }) => id).toSorted()
      }
      const left = async (of: (session: BrokerSession) => boolean) => {
        const kept = await Promise.all(all.filter(of).map(({ id }) => sessions.get(id)))
        return kept.flatMap((session) => (session ? [session.id] : [])).toSorted()
      }
      const before = await left(() => true)
      expect(await pages({})).toEqual(before)
      for (const query of [{ sourceId: okta }, { accountId: rene }, { sourceId: entra, accountId: rene }]) {
        const matching = await left(
          ({ sourceId, accountId }) =>
            (query.sourceId ?? sourceId) === sourceId && (query.accountId ?? accountId) === accountId,
        )
        expect(await pages(query)).toEqual(matching)
      }
      await refused(sessions.list({ limit: 3, after: 'made up' }), 'invalid_input')
    })

    it('is found by what the upstream calls it, by whom it calls the person, or by both', async () => {
      await using world = await open()
      const { sessions } = world.stores
      const one = aSession({ upstream: { sid: 'a' }, startedAt: 1 })
      const [sourceId, subject] = [one.sourceId, one.subject]
      const two = aSession({ sourceId, upstream: { sid: 'b', idToken: 'x' }, startedAt: 2 })
      const other = aSession({ sourceId, subject: '00u2', upstream: { sid: 'c' } })
      const unnamed = aSession({ sourceId, upstream: null, startedAt: 3 })
      const elsewhere = aSession({ upstream: { sid: 'a' } })
      for (const session of [unnamed, two, one, other, elsewhere]) await sessions.save(session)

      expect(await sessions.ofUpstream(sourceId, {})).toEqual([])
      expect(await sessions.ofUpstream(sourceId, { sid: 'nobody’s' })).toEqual([])
      expect(await sessions.ofUpstream(sourceId, { sid: 'b', subject: '00u2' })).toEqual([])
      expect(await sessions.ofUpstream(sourceId, { sid: 'a' })).toEqual([one])
      expect(await sessions.ofUpstream(sourceId, { sid: 'b', subject })).toEqual([two])
      expect(await sessions.ofUpstream(sourceId, { subject })).toEqual([one, two])
      const renewed = { ...two, upstream: { sid: 'renewed' } }
      await sessions.save(renewed)
      expect(await sessions.ofUpstream(sourceId, { sid: 'b' })).toEqual([])
      expect(await sessions.ofUpstream(sourceId, { sid: 'renewed' })).toEqual([renewed])
      await sessions.end(one.id)
      expect(await sessions.ofUpstream(sourceId, { sid: 'a' })).toEqual([])
      world.pass(30 * minute)
      expect(await sessions.ofUpstream(sourceId, { subject })).toEqual([])
    })

    it('ends with every grant in it, and leaves offline grants and other sessions’', async () => {
      await using world = await open()
      const { sessions, grants } = world.stores
      const [session, other] = [aSession(), aSession()]
      const [app, web] = [aGrantIn(session), aGrantIn(session, { clientId: 'web' })]
      const elsewhere = aGrantIn(other)
      const offline = aGrant({ sessionId: null })
      for (const one of [session, other]) await sessions.save(one)
      for (const grant of [app, web, elsewhere]) await grants.open(grant)
      await grants.addOffline(offline)
      expect(await sessions.end(session.id)).toEqual(session)
      expect(await sessions.end(session.id)).toBeUndefined()
      expect(await sessions.get(session.id)).toBeUndefined()
      expect(await Promise.all([app, web].map(({ id }) => grants.get(id)))).toEqual([undefined, undefined])
      expect(await Promise.all([elsewhere, offline].map(({ id }) => grants.get(id)))).toEqual([elsewhere, offline])
    })
  })
}
