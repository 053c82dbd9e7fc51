/** How the database finds what lists and tokens ask for: never by reading everything there is. */
import { DatabaseSync, type SQLInputValue, StatementSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { startAdmin } from '../admin/start-admin.ts'

const { prepare } = DatabaseSync.prototype
const { all, run } = StatementSync.prototype
let database: DatabaseSync
let asked: string[] = []

beforeEach(() => {
  vi.spyOn(DatabaseSync.prototype, 'prepare').mockImplementation(function (this: DatabaseSync, text) {
    database = this
    return prepare.call(this, text)
  })
  for (const [name, method] of Object.entries({ all, run })) {
    vi.spyOn(StatementSync.prototype, name as 'all').mockImplementation(function (this: StatementSync, ...parameters) {
      asked.push(this.sourceSQL)
      return (method as typeof all).apply(this, parameters)
    })
  }
})
afterEach(() => vi.restoreAllMocks())

type Admin = Awaited<ReturnType<typeof startAdmin>>
interface Ids {
  readonly application: string
  readonly source: string
  readonly api: string
}

const asks: Record<string, (admin: Admin & Ids) => Promise<unknown>> = {
  'a page of applications': ({ call }) => call('GET', 'applications?limit=2'),
  'a page of sources, with their usage and status': ({ call }) => call('GET', 'authentication-sources?limit=2'),
  'a page of portals': ({ call }) => call('GET', 'portals'),
  'a page of APIs': ({ call }) => call('GET', 'apis'),
  'a page of an application’s keys': ({ call, application }) => call('GET', `applications/${application}/api-keys`),
  'a key that is shown': async ({ stores }) => stores.apiKeys.byPrefix('gh_x'),
  'what the keys of a client’s application open': ({ stores, application }) =>
    stores.apiKeys.opened(`${application}:OPENID`, 0),
  'the application of a client': ({ stores, application }) => stores.applications.byClient(`${application}:OPENID`),
  'who keeps a source': ({ call, source }) => call('DELETE', `authentication-sources/${source}`),
  'who keeps an API': ({ call, api }) => call('DELETE', `apis/${api}`),
  'the keys of an API that have expired': ({ stores }) => stores.apiKeys.removeExpired('api', 0),
  'when keys were used': ({ stores }) => stores.apiKeys.used(['key'], 0),
  'sign-ins, of anybody and narrowed in each way': async ({ call }) => {
    for (const way of [
      '',
      'account_id=a',
      'client_id=c',
      'source_id=s',
      'outcome=refused',
      'reason=groups_overage',
      'api_id=a',
      'reference=r',
    ])
      for (const when of ['', '&from=2026-01-01T00:00:00Z&until=2026-02-01T00:00:00Z'])
        await call('GET', `traces?${way}${when}`)
  },
  'what was changed, by anybody and narrowed in each way': async ({ call }) => {
    for (const way of ['', 'actor=a', 'action=a', 'subject_type=t', 'subject_id=s'])
      for (const when of ['', '&from=2026-01-01T00:00:00Z&until=2026-02-01T00:00:00Z'])
        await call('GET', `events?${way}${when}`)
  },
  'what was changed, from a line on': async ({ stores: { audit } }) => {
    const after = Buffer.from('seq:1').toString('base64url')
    for (const narrowed of [{}, { from: 1, until: 2 }]) await audit.following({ limit: 2, after, ...narrowed })
  },
  'one person’s sign-ins, to erase them': ({ stores }) => stores.traces.erase('account'),
  'old records, to forget them': async ({ stores }) => [await stores.traces.sweep(0), await stores.audit.sweep(0)],
  'sources of which something is over soon': ({ stores }) => stores.sources.expiring(Number.MAX_SAFE_INTEGER, 50),
  'keys and secrets of clients that are over soon': async ({ stores }) => [
    await stores.apiKeys.expiring(0, Number.MAX_SAFE_INTEGER, 50),
    await stores.clients.expiring(0, Number.MAX_SAFE_INTEGER, 50),
  ],
  'how sign-ins through a source went': ({ stores }) => stores.sourceStatus.record('source', { lastSuccess: 1 }),
}

it.each(Object.keys(asks))('finds %s by an index', async (what) => {
  await using admin = await startAdmin()
  const source = (await admin.call('POST', 'authentication-sources', { alias: 'p', name: 'P', type: 'local' })).body.id
  const api = (await admin.call('POST', 'apis', { name: 'A', slug: 'a', authentication_sources: [source] })).body.id
  const application = (await admin.call('POST', 'applications', { name: 'App' })).body.id
  await admin.call('POST', `applications/${application}/api-keys`, { api_id: api })
  await admin.call('POST', 'portals', { name: 'P', slug: 'p', authentication_source: source, apis: [api] })
  asked = []
  await asks[what]?.({ ...admin, application, source, api })
  const texts = asked.filter((text) => /^\s*(select|insert|update|delete)\b/i.test(text))
  expect(texts).not.toEqual([])
  for (const text of texts) {
    // Only what is cut off must not be sorted as a whole first.
    const sorts = (step: string) => text.includes('limit') && step.includes('TEMP B-TREE FOR ORDER BY')
    const slow = planOf(text).filter((step) => /^SCAN \w+$/.test(step) || sorts(step))
    expect(slow, text).toEqual([])
  }
})

it.each(['authentication-sources', 'clients', 'applications', 'apis', 'portals', 'roles', 'users'])(
  'finds %s by pieces of their names, in their order, and reads nothing else',
  async (path) => {
    await using admin = await startAdmin()
    asked = []
    expect(
      (await admin.call('GET', `${path}?q=patient%20app&after=${Buffer.from('seq:1').toString('base64url')}`)).status,
    ).toBe(200)
    const [text = ''] = asked.filter((text) => text.includes(' match '))
    const [first, second, ...more] = planOf(text)
    // What else people are called is looked up for those alone that the index finds.
    const looksUp = /^(CORRELATED SCALAR SUBQUERY \d+|SEARCH identities USING INDEX \w+ \(account_id=\?\))$/
    expect(first).toMatch(/^SCAN \w+_pieces VIRTUAL TABLE INDEX \S*M/)
    expect(second).toMatch(/^SEARCH \w+ USING INDEX \w+_seq \(seq=\?\)$/)
    expect(more.filter((step) => !(path === 'users' && looksUp.test(step)))).toEqual([])
  },
)

it('counts sign-ins in an index alone', async () => {
  await using admin = await startAdmin()
  asked = []
  await admin.call('GET', 'stats')
  const texts = asked.filter((text) => text.includes('"traces"') && text.includes('group by'))
  expect(texts).toHaveLength(4)
  for (const text of texts)
    expect(planOf(text)[0]).toMatch(/^SEARCH traces USING COVERING INDEX .* AND started_at<\?\)$/)
})

it('finds what refers to a row by an index, whenever one is removed', async () => {
  await using _admin = await startAdmin()
  const rows = (text: string) => prepare.call(database, text).all() as Record<string, string>[]
  const tables = rows("select name from sqlite_schema where type = 'table'").map(({ name }) => name)
  let references = 0
  for (const table of tables) {
    const firsts =
      rows(`select info.name from pragma_index_list('${table}') as list, pragma_index_info(list.name) as info
      where info.seqno = 0`).map(({ name }) => name)
    const keys = rows(`select "from" from pragma_foreign_key_list('${table}') where seq = 0`)
    for (const { from } of keys) expect(firsts, `${table}.${from}`).toContain(from)
    references += keys.length
  }
  expect(references).toBeGreaterThan(15)
})

function planOf(text: string): readonly string[] {
  const parameters: SQLInputValue[] = Array.from(text.matchAll(/\?/g), () => null)
  const steps = prepare.call(database, `explain query plan ${text}`).all(...parameters)
  return steps.map(({ detail }) => String(detail))
}
