import { describe, expect, it } from 'vitest'
import { beginning, minute, type RegistryWorld } from './world.ts'

const day = 24 * 60 * minute

export function statisticsContract(label: string, open: () => Promise<RegistryWorld>): void {
  describe(`Statistics (${label})`, () => {
    it('counts what there is', async () => {
      await using world = await open()
      const { statistics, roles } = world.stores
      const before = await statistics.registry()
      await roles.ensure({ name: 'nurse', client: null }, world.now())
      expect(await statistics.registry()).toEqual({ ...before, roles: before.roles + 1 })
    })

    it('counts sign-ins by day, source, client and reason, each once, and no logouts', async () => {
      await using world = await open()
      const { statistics, traces } = world.stores
      const begin = (reference: string, at: number, known: object) =>
        traces.append(reference, { ...known, steps: [{ at, what: 'departed' }] })
      const through = (sourceId: string, clientId = 'app') => ({ sourceId, clientId })
      await begin('before', beginning - 1, { ...through('okta'), outcome: 'signed_in' })
      await begin('a', beginning, { ...through('okta'), outcome: 'signed_in' })
      await begin('b', beginning + day - 1, { ...through('okta'), outcome: 'refused', reason: 'account_disabled' })
      await begin('c', beginning + day, { ...through('entra', 'other'), outcome: 'could_not_tell' })
      await begin('d', beginning + day, { clientId: 'app' })
      await begin('logout', beginning + day, { clientId: 'app', outcome: 'signed_out' })
      await begin('after', beginning + 2 * day, { ...through('okta'), outcome: 'signed_in' })

      const none = { signedIn: 0, refused: 0, couldNotTell: 0, open: 0 }
      const figures = await statistics.signIns(beginning, beginning + 2 * day)
      expect(figures.byDay).toEqual([
        { ...none, day: beginning, signedIn: 1, refused: 1 },
        { ...none, day: beginning + day, couldNotTell: 1, open: 1 },
      ])
      expect(figures.bySource).toHaveLength(3)
      expect(figures.bySource[0]).toEqual({ ...none, sourceId: 'okta', signedIn: 1, refused: 1 })
      expect(figures.bySource).toContainEqual({ ...none, sourceId: 'entra', couldNotTell: 1 })
      expect(figures.bySource).toContainEqual({ ...none, sourceId: null, open: 1 })
      expect(figures.byClient).toEqual([
        { ...none, clientId: 'app', signedIn: 1, refused: 1, open: 1 },
        { ...none, clientId: 'other', couldNotTell: 1 },
      ])
      expect(figures.byReason).toEqual([{ reason: 'account_disabled', count: 1 }])
    })

    it('counts sign-ins and refused calls by the hour, altogether and for some sources', async () => {
      await using world = await open()
      const { statistics, traces } = world.stores
      const hour = 60 * minute
      const from = Math.floor(beginning / hour) * hour
      const begin = (reference: string, at: number, known: object) =>
        traces.append(reference, { ...known, steps: [{ at, what: 'departed' }] })
      await begin('a', from, { sourceId: 'okta', outcome: 'signed_in' })
      await begin('b', from + hour - 1, { sourceId: 'okta', outcome: 'refused', reason: 'account_disabled' })
      await begin('c', from + 2 * hour, { sourceId: 'entra', outcome: 'could_not_tell' })
      await begin('d', from + 2 * hour + 1, { apiId: 'api', outcome: 'call_refused', reason: 'token_expired' })
      await begin('logout', from, { sourceId: 'okta', outcome: 'signed_out' })
      await begin('after', from + 3 * hour, { sourceId: 'okta', outcome: 'signed_in' })

      const none = { signedIn: 0, refused: 0, couldNotTell: 0, open: 0, callsRefused: 0 }
      const time = { from, until: from + 3 * hour, length: hour }
      const { all, bySource } = await statistics.over(time, ['okta', 'unknown'])
      expect(all).toEqual([
        { ...none, at: from, signedIn: 1, refused: 1 },
        { ...none, at: from + 2 * hour, couldNotTell: 1, callsRefused: 1 },
      ])
      expect([...bySource]).toEqual([['okta', [{ ...none, at: from, signedIn: 1, refused: 1 }]]])
      expect((await statistics.over(time, [])).bySource.size).toBe(0)
    })
  })
}
