/** Coming back from an upstream: from signing in there, and from signing out. */
import type { Context } from 'koa'
import type { Clock } from '../clock.ts'
import { Refusal } from '../errors.ts'
import type { Interactions } from '../interaction.ts'
import { note } from '../request-notes.ts'
import type { SourceStore } from '../sources/source.ts'
import type { Sources } from '../sources/sources.ts'
import type { Receive } from './arrival.ts'
import { applicable } from './candidates.ts'
import type { DepartureStore } from './departure-store.ts'
import type { Steps } from './steps.ts'
import { testDestination } from './test-login.ts'
import type { Trips } from './trips.ts'

interface Needs {
  readonly steps: Pick<Steps, 'visit'>
  readonly interactions: Interactions
  readonly sources: Pick<SourceStore, 'get'>
  readonly connector: Sources['connector']
  readonly receive: Receive
  readonly trips: Trips
  readonly departures: DepartureStore
  readonly clock: Clock
  /** The issuer's path, without a slash at the end. */
  readonly base: string
}

export function createReturns(needs: Needs) {
  const { steps, interactions, sources, connector, receive, trips, departures, clock, base } = needs

  return {
    /** At the address that the upstream knows. The cookie that proves it is the same browser is kept for the sign-in's own. */
    async callback(ctx: Context): Promise<void> {
      const { state } = ctx.query
      if (typeof state !== 'string') throw new Refusal('trip_unknown', 'The answer has no state, or several')
      const uid = await trips.destination(String(ctx.params.alias), state, async (id) => (await sources.get(id))?.alias)
      ctx.status = 303
      const test = testDestination(base, uid, String(ctx.params.alias))
      ctx.redirect(`${test ?? `${base}/login/${uid}/arrive`}${ctx.search}`)
    },

    async arrive(ctx: Context): Promise<void> {
      const state = String(ctx.query.state)
      const [{ interaction, client }, seen] = await Promise.all([steps.visit(ctx), trips.look(state)])
      const trip = await trips.claim(interaction, state, seen)
      const source = await sources.get(trip.sourceId)
      note({ client: client.id, source: source?.alias })
      if (!source?.enabled) throw new Refusal('source_disabled')
      if (!applicable(source, client)) throw new Refusal('source_not_allowed')
      const open = connector(source)
      if (open.kind !== 'redirect') throw new Refusal('trip_misdirected')
      const url = new URL(ctx.search, `${ctx.URL.origin}${base}/broker/${encodeURIComponent(source.alias)}/callback`)
      const identity = await trips.complete(trip, source, open, { url, form: new URLSearchParams() })
      const login = await receive({ interaction, client, source, identity })
      await interactions.finish(ctx, { kind: 'login', login })
    },

    async signedOut(ctx: Context): Promise<void> {
      const { state } = ctx.query
      const departure = typeof state === 'string' ? await departures.take(state) : undefined
      const known = departure && departure.sourceAlias === ctx.params.alias && departure.expiresAt > clock()
      ctx.status = 303
      ctx.redirect(known ? departure.returnTo : `${base}/logout/success`)
    },
  }
}
