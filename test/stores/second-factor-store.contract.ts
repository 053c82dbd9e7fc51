import { describe, expect, it } from 'vitest'
import type { Authenticator, Passkey } from '../../src/accounts/second-factors/factor.ts'
import { newId } from '../../src/ids.ts'
import { aLocalUser, aSource, atOnce, beginning, type RegistryWorld, refused } from './world.ts'

export const anAuthenticator = (given: Partial<Authenticator> = {}): Authenticator => ({
  ...{ id: newId(), userId: newId(), secret: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ' },
  ...{ createdAt: beginning, lastUsedAt: null },
  ...given,
})

const aPasskey = (given: Partial<Passkey> = {}): Passkey => ({
  ...{ id: newId(), userId: newId(), name: 'Telephone', credentialId: newId(), publicKey: 'a COSE key' },
  ...{ transports: ['internal', 'hybrid'], counter: 0, createdAt: beginning, lastUsedAt: null },
  ...given,
})

export function secondFactorStoreContract(label: string, open: () => Promise<RegistryWorld>): void {
  async function withUser(world: RegistryWorld) {
    const source = aSource({ type: 'local' })
    const user = aLocalUser({ sourceId: source.id })
    await world.stores.sources.add(source)
    await world.stores.localUsers.add(user)
    return { user, factors: world.stores.secondFactors }
  }

  describe(`SecondFactorStore (${label})`, () => {
    it('keeps an authenticator app, passkeys in order, and the digests of codes', async () => {
      await using world = await open()
      const { user, factors } = await withUser(world)
      expect(await factors.of(user.id)).toEqual({ authenticator: undefined, passkeys: [], recoveryCodes: 0 })
      const app = anAuthenticator({ userId: user.id })
      const later = aPasskey({ userId: user.id, createdAt: beginning + 1 })
      const earlier = aPasskey({ userId: user.id })
      await factors.addAuthenticator(app)
      await factors.addPasskey(later)
      await factors.addPasskey(earlier)
      await factors.setRecoveryCodes(user.id, ['one', 'two'])
      expect(await factors.of(user.id)).toEqual({ authenticator: app, passkeys: [earlier, later], recoveryCodes: 2 })
      expect(await factors.passkey(later.credentialId)).toEqual(later)
      expect(await factors.passkey('another')).toBeUndefined()
      expect((await (await world.another()).secondFactors.of(user.id)).authenticator).toEqual(app)
    })

    it('has one authenticator app for a user, and one user for a passkey', async () => {
      await using world = await open()
      const { user, factors } = await withUser(world)
      const other = aLocalUser({ sourceId: user.sourceId, username: 'john' })
      await world.stores.localUsers.add(other)
      await factors.addAuthenticator(anAuthenticator({ userId: user.id }))
      await refused(factors.addAuthenticator(anAuthenticator({ userId: user.id })), 'conflict')
      await factors.addAuthenticator(anAuthenticator({ userId: other.id }))
      const passkey = aPasskey({ userId: user.id })
      await factors.addPasskey(passkey)
      const problems = await refused(factors.addPasskey({ ...passkey, id: newId(), userId: other.id }), 'conflict')
      expect(problems.map(({ path }) => path)).toEqual(['passkey'])
      await refused(factors.addPasskey(aPasskey()), 'not_found')
    })

    it('lets a time step be used once, by one of many at once, and none before it afterwards', async () => {
      await using world = await open()
      const { user, factors } = await withUser(world)
      const app = anAuthenticator({ userId: user.id })
      await factors.addAuthenticator(app)
      const other = (await world.another()).secondFactors
      const used = await atOnce(6, (index) => (index % 2 ? factors : other).useStep(app.id, 58_000_000, 5))
      expect(used.filter(Boolean)).toHaveLength(1)
      expect(await factors.useStep(app.id, 57_999_999, 6)).toBe(false)
      expect(await factors.useStep(app.id, 58_000_001, 7)).toBe(true)
      expect((await factors.of(user.id)).authenticator?.lastUsedAt).toBe(7)
    })

    it('takes a passkey whose device counts on, or never counts, and no other', async () => {
      await using world = await open()
      const { user, factors } = await withUser(world)
      const [counts, none] = [aPasskey({ userId: user.id, counter: 3 }), aPasskey({ userId: user.id })]
      await factors.addPasskey(counts)
      await factors.addPasskey(none)
      const tried = [4, 4, 3, 0, 9].map((counter) => () => factors.usePasskey(counts.id, counter, 8))
      const answers: boolean[] = []
      for (const one of tried) answers.push(await one())
      expect(answers).toEqual([true, false, false, false, true])
      expect([await factors.usePasskey(none.id, 0, 8), await factors.usePasskey(none.id, 0, 9)]).toEqual([true, true])
      expect((await factors.passkey(counts.credentialId))?.counter).toBe(9)
      expect((await factors.passkey(none.credentialId))?.lastUsedAt).toBe(9)
    })

    it('lets a recovery code be used once, and only by its user', async () => {
      await using world = await open()
      const { user, factors } = await withUser(world)
      await factors.setRecoveryCodes(user.id, ['old'])
      await factors.setRecoveryCodes(user.id, ['one', 'two'])
      expect(await factors.useRecoveryCode(user.id, 'old')).toBe(false)
      expect(await factors.useRecoveryCode('somebody else', 'one')).toBe(false)
      const used = await atOnce(4, () => factors.useRecoveryCode(user.id, 'one'))
      expect(used.filter(Boolean)).toHaveLength(1)
      expect((await factors.of(user.id)).recoveryCodes).toBe(1)
    })

    it('removes one, or all, or all with their user', async () => {
      await using world = await open()
      const { user, factors } = await withUser(world)
      const passkey = aPasskey({ userId: user.id })
      await factors.addPasskey(passkey)
      expect(await factors.remove('somebody else', passkey.id)).toBe(false)
      expect(await factors.remove(user.id, passkey.id)).toBe(true)
      await factors.addAuthenticator(anAuthenticator({ userId: user.id }))
      await factors.setRecoveryCodes(user.id, ['one'])
      await factors.removeAll(user.id)
      expect(await factors.of(user.id)).toEqual({ authenticator: undefined, passkeys: [], recoveryCodes: 0 })
      await factors.addPasskey(passkey)
      await world.stores.localUsers.remove(user.id)
      expect(await factors.passkey(passkey.credentialId)).toBeUndefined()
    })
  })
}
