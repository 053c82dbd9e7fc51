import { describe, expect, it } from 'vitest'
import { aGrant, aGrantIn, aSession, beginning, type LiveWorld, minute } from './world.ts'

export function markStoreContract(label: string, open: () => Promise<LiveWorld>): void {
  const question = { jti: 'token', clientId: 'app' }
  const unmarked = {
    granted: true,
    revoked: false,
    accountBlockedAt: null,
    clientBlockedAt: null,
    sourceBlockedAt: null,
    forgottenAt: null,
  }

  describe(`MarkStore (${label})`, () => {
    it('says when somebody was shut out last, for as long as the mark stands', async () => {
      await using world = await open()
      const { marks } = world.stores
      expect(await marks.blockedAt('account', 'rene')).toBeNull()
      await marks.block('account', 'rene', 100, beginning + minute)
      await marks.block('client', 'rene', 200, beginning + minute)
      expect(await marks.blockedAt('account', 'rene')).toBe(100)
      world.pass(minute)
      expect(await marks.blockedAt('account', 'rene')).toBeNull()
    })

    it('needs no grant for client credentials', async () => {
      await using world = await open()
      expect(await world.stores.marks.liveness(question)).toEqual(unmarked)
    })

    it('knows a grant from one that never was, was removed, or is past its end', async () => {
      await using world = await open()
      const { marks, grants } = world.stores
      const granted = async (grantId: string) => (await marks.liveness({ ...question, grantId })).granted
      const [kept, short, removed] = [
        aGrant({ sessionId: null }),
        aGrant({ sessionId: null, expiresAt: beginning + minute }),
        aGrant({ sessionId: null }),
      ]
      for (const grant of [kept, short, removed]) await grants.addOffline(grant)
      await grants.remove(removed.id)
      expect(await Promise.all([kept.id, short.id, removed.id, 'never was'].map(granted))).toEqual([
        true,
        true,
        false,
        false,
      ])
      world.pass(minute)
      expect(await Promise.all([kept.id, short.id].map(granted))).toEqual([true, false])
    })

    it('sees at once that a session has ended, and that it is past its idle end', async () => {
      await using world = await open()
      const { marks, grants, sessions } = world.stores
      const granted = async (grantId: string) => (await marks.liveness({ ...question, grantId })).granted
      const [ended, idle] = [aSession(), aSession()]
      for (const session of [ended, idle]) await sessions.save(session)
      const [one, two] = [await grants.open(aGrantIn(ended)), await grants.open(aGrantIn(idle))]
      expect(await Promise.all([one.id, two.id].map(granted))).toEqual([true, true])
      await (await world.another()).sessions.end(ended.id)
      expect(await Promise.all([one.id, two.id].map(granted))).toEqual([false, true])
      world.pass(30 * minute)
      expect(await granted(two.id)).toBe(false)
    })

    it('sees at once what any node writes, however often the same token was shown before', async () => {
      await using world = await open()
      const { marks, grants, sessions } = world.stores
      const other = await world.another()
      const session = aSession()
      await sessions.save(session)
      const { id: grantId } = await grants.open(aGrantIn(session))
      const shown = { ...question, jti: 'shown', grantId, accountId: 'rene', comesAgain: true } as const
      const twice = async () => {
        await marks.liveness(shown)
        return marks.liveness(shown)
      }
      expect(await twice()).toEqual(unmarked)
      await other.marks.block('account', 'rene', 100, beginning + 60 * minute)
      expect(await twice()).toEqual({ ...unmarked, accountBlockedAt: 100 })
      await marks.block('client', 'app', 200, beginning + 60 * minute)
      expect(await twice()).toMatchObject({ accountBlockedAt: 100, clientBlockedAt: 200 })
      await other.marks.revokeToken('shown', beginning + 60 * minute)
      expect(await twice()).toMatchObject({ granted: true, revoked: true })
      await other.sessions.end(session.id)
      expect(await twice()).toMatchObject({ granted: false })
    })

    it('sees the end of a session to the millisecond, however often the same token was shown before', async () => {
      await using world = await open()
      const { marks, grants, sessions } = world.stores
      const session = aSession()
      await sessions.save(session)
      const { id: grantId } = await grants.open(aGrantIn(session))
      const shown = { ...question, grantId, comesAgain: true } as const
      world.pass(30 * minute - 1)
      expect((await marks.liveness(shown)).granted).toBe(true)
      expect((await marks.liveness(shown)).granted).toBe(true)
      world.pass(1)
      expect((await marks.liveness(shown)).granted).toBe(false)
    })

    it('marks one token until it would have expired', async () => {
      await using world = await open()
      await world.stores.marks.revokeToken('token', beginning + minute)
      expect(await world.stores.marks.liveness(question)).toEqual({ ...unmarked, revoked: true })
      expect(await world.stores.marks.liveness({ ...question, jti: 'other' })).toEqual(unmarked)
      world.pass(minute)
      expect(await world.stores.marks.liveness(question)).toEqual(unmarked)
    })

    it('tells blocks on accounts, clients and sources apart, even of one name', async () => {
      await using world = await open()
      const { marks } = world.stores
      const all = { jti: 'x', clientId: 'x', accountId: 'x', sourceAlias: 'x' }
      await marks.block('account', 'x', 1, beginning + minute)
      expect(await marks.liveness(all)).toEqual({ ...unmarked, accountBlockedAt: 1 })
      await marks.block('client', 'x', 2, beginning + minute)
      await marks.block('source', 'x', 3, beginning + minute)
      expect(await marks.liveness(all)).toEqual({
        granted: true,
        revoked: false,
        accountBlockedAt: 1,
        clientBlockedAt: 2,
        sourceBlockedAt: 3,
        forgottenAt: null,
      })
      expect(await marks.liveness({ jti: 'y', clientId: 'y', accountId: 'y', sourceAlias: 'y' })).toEqual(unmarked)
      world.pass(minute)
      expect(await marks.liveness(all)).toEqual(unmarked)
    })

    it('keeps the later not-before and the longer time of two blocks, in whatever order they come', async () => {
      await using world = await open()
      const { marks } = world.stores
      await marks.block('client', 'app', 7, beginning + minute)
      await marks.block('client', 'app', 5, beginning + 2 * minute)
      world.pass(minute)
      expect((await marks.liveness(question)).clientBlockedAt).toBe(7)
      await marks.block('client', 'app', 9, beginning + minute)
      expect((await marks.liveness(question)).clientBlockedAt).toBe(9)
    })
  })
}
