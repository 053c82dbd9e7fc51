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
import type { Problems } from './problems.ts'
import type { Steps } from './steps.ts'
import { testDestination } from './test-login.ts'
import type { SavedTrip } from './trip-store.ts'
import type { Trips } from './trips.ts'
import type { Visit } from './visit.ts'

interface Needs {
  readonly steps: Pick<Steps, 'visit'>
  readonly problems: Pick<Problems, 'leftFrom' | 'inVisit'>
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
  const { steps, problems, interactions, sources, connector, receive, trips, departures, clock, base } = needs

  async function complete(ctx: Context, state: string, { interaction, client }: Visit, seen: SavedTrip | undefined) {
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
  }

  return {
    /**
     * At the address that the upstream knows. A browser that left from this sign-in last goes on here: it knows what no
     * other browser has been told, and shows the cookie of the sign-in on its way back into the provider. Of any other,
     * such as one with several sign-ins open, that cookie is asked for at the sign-in's own address.
     */
    async callback(ctx: Context): Promise<void> {
      const { state } = ctx.query
      if (typeof state !== 'string') throw new Refusal('trip_unknown', 'The answer has no state, or several')
      const left = problems.leftFrom(ctx)
      const [seen, isOpen] = await Promise.all([trips.look(state), left !== undefined && interactions.adopt(ctx, left)])
      const alias = String(ctx.params.alias)
      const uid = await trips.destination(alias, seen, async (id) => (await sources.get(id))?.alias)
      if (isOpen && uid === left)
        return problems.inVisit(ctx, async () => complete(ctx, state, await steps.visit(ctx), seen))
      ctx.status = 303
      ctx.redirect(`${testDestination(base, uid, alias) ?? `${base}/login/${uid}/arrive`}${ctx.search}`)
    },

    async arrive(ctx: Context): Promise<void> {
      const state = String(ctx.query.state)
      const [visit, seen] = await Promise.all([steps.visit(ctx), trips.look(state)])
      await complete(ctx, state, visit, seen)
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
