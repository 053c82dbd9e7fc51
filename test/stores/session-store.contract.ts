import { describe, expect, it } from 'vitest'
import { aGrant, aSession, beginning, type LiveWorld, minute, refused } from './world.ts'

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

    it('renews what it knows of the source when the person proved themselves again', async () => {
      await using world = await open()
      const session = aSession()
      const grant = aGrant({ sessionId: session.id })
      await world.stores.sessions.save(session)
      await world.stores.grants.open(grant)
      const renewed = {
        ...session,
        sourceId: 'entra',
        subject: 'other',
        upstream: { sid: 'new' },
        idleUntil: beginning + 40 * minute,
      }
      await world.stores.sessions.save(renewed)
      expect(await world.stores.sessions.get(session.id)).toEqual(renewed)
      expect(await world.stores.grants.get(grant.id)).toEqual(grant)
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
      const left = async () => (await sessions.list({ limit: 10 })).items.map(({ id }) => id)
      await sessions.endOfAccount(one.accountId)
      expect(await left()).toEqual([two.id, three.id].toSorted())
      await sessions.endOfSource(two.sourceId)
      expect(await left()).toEqual([three.id])
    })

    it('is found by what the upstream calls it, or by whom it calls the person', async () => {
      await using world = await open()
      const { sessions } = world.stores
      const one = aSession({ upstream: { sid: 'a' }, startedAt: 1 })
      const two = aSession({ sourceId: one.sourceId, upstream: { sid: 'b', idToken: 'x' }, startedAt: 2 })
      const other = aSession({ sourceId: one.sourceId, subject: '00u2', upstream: { sid: 'c' }, startedAt: 3 })
      const unnamed = aSession({ sourceId: one.sourceId, upstream: null, startedAt: 4 })
      const elsewhere = aSession({ upstream: { sid: 'a' } })
      for (const session of [one, two, other, unnamed, elsewhere]) await sessions.save(session)
      const find = (session: { sid?: string; subject?: string }) => sessions.ofUpstream(one.sourceId, session)
      expect(await find({ sid: 'a' })).toEqual([one])
      expect(await find({ subject: '00u1' })).toEqual([one, two, unnamed])
      expect(await find({ sid: 'b', subject: '00u1' })).toEqual([two])
      expect(await find({ sid: 'b', subject: '00u2' })).toEqual([])
      expect(await find({ sid: 'nobody’s' })).toEqual([])
      expect(await find({})).toEqual([])
      await sessions.save({ ...one, upstream: { sid: 'renewed' } })
      expect(await find({ sid: 'a' })).toEqual([])
      expect(await find({ sid: 'renewed' })).toHaveLength(1)
      world.pass(30 * minute)
      expect(await find({ subject: '00u1' })).toEqual([])
    })

    it('is listed from the newest, page by page, of everybody or of one account or source', async () => {
      await using world = await open()
      const { sessions } = world.stores
      const begun = [3, 1, 2, 2, 2].map((startedAt) => aSession({ startedAt }))
      for (const session of begun) await sessions.save(session)
      const [three, one, ...two] = begun
      const all = [three, ...two.sort((a, b) => (a.id < b.id ? -1 : 1)), one]
      expect(await sessions.list({ limit: 5 })).toEqual({ items: all, next: null })

      const pages = []
      let after: string | undefined
      do {
        const { items, next } = await sessions.list({ limit: 2, ...(after !== undefined && { after }) })
        pages.push(items)
        // What begins or ends meanwhile moves nobody to another page.
        if (after === undefined) await sessions.save(aSession({ startedAt: 9 }))
        after = next ?? undefined
      } while (after !== undefined)
      expect(pages).toEqual([all.slice(0, 2), all.slice(2, 4), all.slice(4)])

      expect((await sessions.list({ limit: 9, accountId: all[1]?.accountId ?? '' })).items).toEqual([all[1]])
      expect((await sessions.list({ limit: 9, sourceId: all[2]?.sourceId ?? '' })).items).toEqual([all[2]])
      expect((await sessions.list({ limit: 9, sourceId: 'x', accountId: all[1]?.accountId ?? '' })).items).toEqual([])
      await refused(sessions.list({ limit: 9, after: 'c2VxOjE' }), 'invalid_input')
      world.pass(30 * minute)
      expect((await sessions.list({ limit: 9 })).items).toEqual([])
    })

    it('ends with every grant in it, and leaves offline grants and other sessions’', async () => {
      await using world = await open()
      const { sessions, grants } = world.stores
      const [session, other] = [aSession(), aSession()]
      const [app, web] = [aGrant({ sessionId: session.id }), aGrant({ sessionId: session.id, clientId: 'web' })]
      const elsewhere = aGrant({ sessionId: other.id })
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
