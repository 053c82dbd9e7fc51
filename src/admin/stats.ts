import { z } from 'zod'
import type { ApiKeyStore } from '../applications/api-key.ts'
import type { ClientStore } from '../clients/client.ts'
import type { Clock } from '../clock.ts'
import type { Sources } from '../sources/sources.ts'
import { counted, type Outcomes, type Statistics } from '../traces/statistics.ts'
import { iso } from './collection.ts'
import { exampleIds } from './examples.ts'
import type { Mount } from './operation.ts'

interface Needs {
  readonly statistics: Statistics
  readonly sources: Pick<Sources, 'expiring'>
  readonly apiKeyStore: Pick<ApiKeyStore, 'expiring'>
  readonly clientStore: Pick<ClientStore, 'expiring'>
  readonly clock: Clock
}

const day = 86_400_000
const parameters = z.strictObject({
  days: z.coerce.number().int().min(1).max(31).default(7).describe('How many days of UTC, the last one today.'),
})

const outcomes = { signed_in: z.int(), refused: z.int(), could_not_tell: z.int(), open: z.int() }
const shape = {
  name: 'Stats',
  schema: z.strictObject({
    registry: z
      .strictObject(Object.fromEntries(counted.map((name) => [name, z.int()])))
      .describe('How many there are.'),
    expiring: z
      .array(
        z.strictObject({
          path: z.string().describe('Of what it belongs to, below the address of this API.'),
          source_id: z.string().nullable().describe('`null`: it is not of a source.'),
          name: z.string().describe('Of the source, the client, or the application whose key it is.'),
          what: z.string(),
          expires_at: z.iso.datetime(),
        }),
      )
      .describe(
        'What is over within 90 days, the soonest first, fifty of each: in the settings of enabled sources, also when it is over already; API keys (`api_key`); secrets of clients after which another one counts (`client_secret`).',
      ),
    sign_ins: z.strictObject({
      by_day: z.array(z.strictObject({ day: z.iso.date(), ...outcomes })),
      by_source: z.array(z.strictObject({ source_id: z.string().nullable(), ...outcomes })),
      by_client: z.array(z.strictObject({ client_id: z.string().nullable(), ...outcomes })),
      by_reason: z.array(z.strictObject({ reason: z.string(), count: z.int() })),
    }),
  }),
  example: {
    registry: Object.fromEntries(counted.map((name) => [name, 1])),
    expiring: [
      {
        ...{
          path: `authentication-sources/${exampleIds.source}`,
          source_id: exampleIds.source,
          name: 'Corporate Okta',
        },
        ...{ what: 'client_secret', expires_at: '2026-03-01T00:00:00.000Z' },
      },
    ],
    sign_ins: {
      by_day: [{ day: '2026-02-03', signed_in: 41, refused: 1, could_not_tell: 0, open: 2 }],
      by_source: [{ source_id: exampleIds.source, signed_in: 41, refused: 1, could_not_tell: 0, open: 2 }],
      by_client: [{ client_id: 'patient-app', signed_in: 41, refused: 1, could_not_tell: 0, open: 2 }],
      by_reason: [{ reason: 'account_disabled', count: 1 }],
    },
  },
}

/** GET /stats: how many there are of everything, and how sign-ins went lately. */
export function mountStats(mount: Mount, needs: Needs): void {
  const { statistics, clock } = needs

  mount(
    {
      ...{ id: 'getStats', tag: 'stats', method: 'get', path: '/stats', right: 'view', query: parameters },
      summary: 'Count what there is, and how sign-ins went',
      description: 'As far as traces are kept. Of sources, clients and reasons those with the most, fifty each.',
      answer: { status: 200, is: 'The figures', shape },
    },
    async (ctx, { query: { days } }) => {
      const until = (Math.floor(clock() / day) + 1) * day
      const from = until - days * day
      const [registry, figures, expiring] = await Promise.all([
        statistics.registry(),
        statistics.signIns(from, until),
        soonOver(needs),
      ])
      const byDay = new Map(figures.byDay.map((one) => [one.day, one]))
      ctx.body = {
        registry,
        expiring: expiring.map(({ expiresAt, ...one }) => ({ ...one, expires_at: iso(expiresAt) })),
        sign_ins: {
          by_day: Array.from({ length: days }, (_, index) => from + index * day).map((start) => ({
            day: new Date(start).toISOString().slice(0, 10),
            ...view(byDay.get(start) ?? none),
          })),
          by_source: figures.bySource.map((one) => ({ source_id: one.sourceId, ...view(one) })),
          by_client: figures.byClient.map((one) => ({ client_id: one.clientId, ...view(one) })),
          by_reason: figures.byReason,
        },
      }
    },
  )
}

async function soonOver({ sources, apiKeyStore, clientStore, clock }: Needs) {
  const now = clock()
  const until = now + 90 * day
  const [settings, keys, clients] = await Promise.all([
    sources.expiring(until, 50),
    apiKeyStore.expiring(now, until, 50),
    clientStore.expiring(now, until, 50),
  ])
  const found = [
    ...settings.map(({ source: { id, name }, what, expiresAt }) => ({
      ...{ path: `authentication-sources/${id}`, source_id: id, name, what, expiresAt },
    })),
    ...keys.map(({ key, application: { id, name } }) => ({
      ...{ path: `applications/${id}/api-keys/${key.id}`, source_id: null, name },
      ...{ what: 'api_key', expiresAt: key.expiresAt ?? until },
    })),
    ...clients.flatMap(({ id, metadata, secrets }) =>
      secrets
        .flatMap(({ expiresAt }) => expiresAt ?? [])
        .map((expiresAt) => ({
          ...{ path: `clients/${encodeURIComponent(id)}`, source_id: null, name: metadata.client_name ?? id },
          ...{ what: 'client_secret', expiresAt },
        })),
    ),
  ]
  return found.toSorted((one, other) => one.expiresAt - other.expiresAt)
}

const none: Outcomes = { signedIn: 0, refused: 0, couldNotTell: 0, open: 0 }

const view = ({ signedIn, refused, couldNotTell, open }: Outcomes) => ({
  signed_in: signedIn,
  refused,
  could_not_tell: couldNotTell,
  open,
})
