/** What PostgreSQL promises beyond the exams that every implementation takes. */
import { setTimeout as delay } from 'node:timers/promises'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createRecognise } from '../../src/accounts/recognise.ts'
import { createVault } from '../../src/config/secrets.ts'
import { Refusal, StartProblem, Unavailable } from '../../src/errors.ts'
import { silent } from '../../src/log.ts'
import { openSqlStores } from '../../src/stores/sql/open.ts'
import { type Postgres, startPostgres } from '../support/postgres.ts'
import { postgresWorlds, vault } from './postgres-world.ts'
import { aClient, aGrant, anAccount, aRole, aSession, aSource, atOnce, beginning, minute, refused } from './world.ts'

let server: Postgres
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server?.[Symbol.asyncDispose]())

const open = postgresWorlds(() => server)
const node = (url: string, more: { connections?: number } = {}) =>
  openSqlStores({ url, vault, clock: Date.now, log: silent, ...more })

/** A session of somebody else in the same database. */
async function foreigner(url: string) {
  const client = new Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  return {
    say: (text: string) => client.query(text),
    [Symbol.asyncDispose]: () => client.end(),
  }
}

describe('The schema in PostgreSQL', () => {
  it('is made once when several nodes start at once, and is up to date for the next', async () => {
    const url = await server.fresh()
    const nodes = await atOnce(4, () => node(url))
    await Promise.all(nodes.map(({ roles }) => roles.ensure({ name: 'nurse', client: null }, 1)))
    const [first] = nodes
    expect((await first?.roles.list({ limit: 9 }))?.items).toHaveLength(1)
    for (const stores of nodes) await stores[Symbol.asyncDispose]()
    await using again = await node(url)
    expect(await again.registryVersion()).toBeGreaterThan(0)
  })

  it('cannot be made where the operator has to do something first, which is said without the password', async () => {
    await server.query("create role locked login password 'right'")
    await server.query("create database latin template template0 encoding 'LATIN1' lc_collate 'C' lc_ctype 'C'")
    const problems = [
      [server.url('nowhere'), /database "nowhere" does not exist/],
      [server.url('postgres', 'locked:hunter2'), /password authentication failed/],
      [server.url('postgres', 'nobody'), /role "nobody" does not exist/],
      ['postgres://gatehouse:hunter2/#@db/gatehouse', /database_url: is no URL/],
      [server.url('latin'), /must have the encoding UTF8, and has LATIN1/],
      [
        `${await server.fresh()}?sslmode=maybe`,
        /sslmode is one of disable, allow, prefer, require, verify-ca, verify-full/,
      ],
      [`${await server.fresh()}?options=-csearch_path%3Dnowhere`, /no schema has been selected/],
      [
        server.url(new URL(await server.fresh()).pathname.slice(1), 'locked:right'),
        /permission denied for schema public/,
      ],
    ] as const
    for (const [url, message] of problems) {
      const problem = await node(url).catch((error: unknown) => error)
      expect(problem, url).toBeInstanceOf(StartProblem)
      expect(String(problem)).toMatch(message)
      expect(JSON.stringify(problem) + String(problem)).not.toMatch(/hunter2|:right/)
    }
  })
})

describe('PostgreSQL', () => {
  it('keeps what it is told as it is: large numbers, every character, nothing at all', async () => {
    await using world = await open()
    const late = 2 ** 52
    const session = aSession({ expiresAt: late, idleUntil: late, subject: `"'\\$1 %_ é 😀 \ud800`.toWellFormed() })
    await world.stores.sessions.save(session)
    expect(await world.stores.sessions.get(session.id)).toEqual(session)
    expect(await world.stores.attempts.count('key', late)).toBe(1)
    const [health] = world.stores.health
    expect((await health?.check())?.time).toBeCloseTo(Date.now(), -5)
    expect(typeof (await world.stores.registryVersion())).toBe('number')
    expect(world.stores.versionAtOnce()).toBeUndefined()
  })

  it('refuses the character U+0000, which it cannot keep, as an input and not as a fault of ours', async () => {
    await using world = await open()
    await refused(world.stores.clients.get('a\0b'), 'invalid_input')
    await refused(world.stores.clients.add(aClient({ id: 'a\0b' })), 'invalid_input')
    const source = aSource({ description: 'a\0b' })
    await refused(
      world.stores.transact(({ sources }) => sources.add(source)),
      'invalid_input',
    )
    expect(await world.stores.sources.get(source.id)).toBeUndefined()
  })

  it('gives every row a place of its own when many come at once, and pages miss none', async () => {
    await using world = await open()
    const nodes = [world.stores, await world.another()]
    const accounts = Array.from({ length: 40 }, () => anAccount())
    const coming = Promise.all(
      accounts.map((account, index) =>
        (nodes[index % 2] ?? world.stores).transact(async ({ accounts }) => {
          await accounts.add(account)
          await delay(index % 3)
        }),
      ),
    )
    // One row after the other, each as soon as it can be seen: nothing may come before one that was seen.
    const seen: string[] = []
    let place = 0
    while (seen.length < 40) {
      const [row] = await server.query<{ id: string; seq: string }>(
        `select id, seq from accounts where seq > ${place} order by seq limit 1`,
        world.url,
      )
      if (!row) continue
      seen.push(row.id)
      place = Number(row.seq)
    }
    await coming
    expect((await world.stores.accounts.list({ limit: 99 })).items.map(({ id }) => id)).toEqual(seen)
  })

  it('gives sign-ins that begin at once a place each, newest first', async () => {
    await using world = await open()
    const nodes = [world.stores, await world.another()]
    await atOnce(40, (index) => (nodes[index % 2] ?? world.stores).traces.append(`${index}`, { steps: [] }))
    const seen: string[] = []
    for (let after: string | undefined; seen.length < 40; ) {
      const page = await world.stores.traces.list({ limit: 3, ...(after !== undefined && { after }) })
      seen.push(...page.items.map(({ reference }) => reference))
      after = page.next ?? undefined
    }
    expect(new Set(seen).size).toBe(40)
  })

  it('finds a source among fifty thousand without looking at each', async () => {
    await using world = await open()
    const { sources } = world.stores
    const wanted = aSource({ alias: 'wanted', domains: ['wanted.test'], config: {}, secretNames: [] })
    await sources.add(wanted)
    const [row] = await server.query<{ columns: string }>(
      "select string_agg(quote_ident(column_name), ', ') as columns from information_schema.columns where table_name = 'sources' and column_name not in ('id', 'alias', 'seq')",
      world.url,
    )
    await server.query(
      `insert into sources (id, alias, seq, ${row?.columns})
         select 'id' || n, 'alias' || n, n + 10, ${row?.columns} from sources, generate_series(1, 50000) n;
       insert into source_domains (domain, source_id) select 'd' || n || '.test', 'id' || n from generate_series(1, 50000) n;
       analyze`,
      world.url,
    )
    /** What PostgreSQL has counted until now, which it learns from its processes about once a second. */
    const counted = async () => {
      const [row] = await server.query<{ found: string; scanned: string }>(
        "select sum(idx_scan) as found, sum(seq_tup_read) as scanned from pg_stat_user_tables where relname in ('sources', 'source_domains')",
        world.url,
      )
      return { found: Number(row?.found), scanned: Number(row?.scanned) }
    }
    const before = await counted()
    const look = async () => {
      expect((await sources.byAlias('wanted'))?.id).toBe(wanted.id)
      expect((await sources.byDomain('wanted.test'))?.id).toBe(wanted.id)
      expect(await sources.offered(10)).toHaveLength(10)
      expect((await sources.list({ limit: 10 })).items).toHaveLength(10)
      await sources.usage([wanted.id])
    }
    for (let round = 0; round < 10; round++) await look()
    await vi.waitFor(
      async () => {
        await look()
        expect((await counted()).found - before.found).toBeGreaterThanOrEqual(30)
      },
      { timeout: 60_000, interval: 500 },
    )
    expect((await counted()).scanned - before.scanned).toBeLessThan(5000)
  }, 120_000)

  it('names who uses something inside a transaction, which can go on', async () => {
    await using world = await open()
    const [source, role] = [aSource(), aRole()]
    await world.stores.sources.add(source)
    await world.stores.roles.add(role)
    await world.stores.clients.add(aClient({ id: 'app', allowedSources: [source.id] }))
    const account = anAccount({ roles: [{ name: role.name, client: null }] })
    await world.stores.accounts.add(account)
    const fresh = anAccount()
    await world.stores.transact(async ({ sources, roles, accounts }) => {
      await accounts.add(fresh)
      expect((await refused(sources.remove(source.id, 1), 'in_use')).map(({ path }) => path)).toEqual(['clients/app'])
      expect((await refused(roles.remove(role.id, 1), 'in_use')).map(({ path }) => path)).toEqual([
        `users/${account.id}`,
      ])
    })
    expect(await world.stores.accounts.get(fresh.id)).toEqual(fresh)
    expect(await world.stores.sources.get(source.id)).toEqual(source)
  })

  it('says no to a transaction in which something had failed, rather than keeping nothing and saying yes', async () => {
    await using world = await open()
    await world.stores.sources.add(aSource({ alias: 'Okta' }))
    const account = anAccount()
    const careless = world.stores.transact(async ({ accounts, sources }) => {
      await accounts.add(account)
      await sources.add(aSource({ alias: 'Okta' })).catch(() => {})
    })
    await expect(careless).rejects.toThrow('nothing of it was kept')
    expect(await world.stores.accounts.get(account.id)).toBeUndefined()
    expect(await world.stores.attempts.count('key', beginning + minute), 'nobody inherits its connection').toBe(1)
  })

  it('lets statements of other stores join a transaction, whole or as a part that can fail by itself', async () => {
    await using world = await open()
    const [inside, joined] = [aSource(), aSource()]
    await world.stores.sources.add(aSource({ domains: ['acme.test'] }))
    const failing = world.stores.transact(async ({ sources }) => {
      await sources.add(inside)
      await world.stores.marks.block('source', 'Okta', 5, beginning + minute)
      throw new Error('the plug was pulled')
    })
    await expect(failing).rejects.toThrow('the plug was pulled')
    expect(await world.stores.marks.blockedAt('source', 'Okta')).toBeNull()
    await world.stores.transact(async ({ sources }) => {
      await sources.add(inside)
      await expect(world.stores.sources.add(aSource({ domains: ['acme.test'] }))).rejects.toThrow(Refusal)
      await world.stores.sources.add(joined)
    })
    expect(await world.stores.sources.get(inside.id)).toEqual(inside)
    expect(await world.stores.sources.get(joined.id)).toEqual(joined)
  })

  it('goes on with one connection only, however many transactions ask other stores for something', async () => {
    const url = await server.fresh()
    await using stores = await node(url, { connections: 1 })
    await atOnce(10, (index) =>
      stores.transact(async ({ accounts }) => {
        await accounts.add(anAccount())
        await stores.marks.block('account', `${index}`, 1, Date.now() + minute)
        await stores.sessions.endOfAccount(`${index}`)
      }),
    )
    expect((await stores.accounts.list({ limit: 99 })).items).toHaveLength(10)
    expect(await stores.marks.blockedAt('account', '9')).toBe(1)
  })

  it('makes one account of many first logins at several nodes at once', async () => {
    await using world = await open()
    const source = aSource()
    await world.stores.sources.add(source)
    const nodes = await atOnce(3, () => world.another())
    const ids = await atOnce(30, async (index) => {
      const recognise = createRecognise({ ...(nodes[index % 3] ?? world.stores), clock: world.now })
      return (await recognise(source, { subject: '00u1', attributes: {} }, `Rene ${index % 2}`)).id
    })
    expect(new Set(ids).size).toBe(1)
    expect((await world.stores.audit.list({ limit: 99 })).items).toHaveLength(1)
  })

  it('does a single statement again that was given up for another, and not what a transaction began with', async () => {
    await using world = await open()
    await using other = await foreigner(world.url)
    // Whoever writes "one" then writes "two": who comes the other way round is in a deadlock with them.
    await other.say(`create function twice() returns trigger language plpgsql as
      $$ begin update marks set not_before = not_before + 10 where name = 'two'; return null; end $$`)
    await other.say(`create trigger twice after update on marks for each row when (new.name = 'one')
      execute function twice()`)
    await other.say('set deadlock_timeout = 60000')
    const block = (name: string, at: number) => world.stores.marks.block('client', name, at, beginning + minute)
    for (const name of ['one', 'two']) await block(name, 1)
    const crossed = async (ours: () => Promise<unknown>) => {
      await other.say("begin; update marks set not_before = 2 where name = 'two'")
      const outcome = ours().catch((error: unknown) => error)
      await delay(300)
      await other.say("update marks set not_before = 2 where name = 'one'")
      await other.say('commit')
      return outcome
    }
    expect(await crossed(() => block('one', 7))).toBeUndefined()
    expect(await world.stores.marks.blockedAt('client', 'one')).toBe(7)

    const account = anAccount()
    const transaction = () =>
      world.stores.transact(async ({ accounts }) => {
        await accounts.add(account)
        await block('one', 9)
      })
    expect(await crossed(transaction)).toBeInstanceOf(Unavailable)
    expect(await world.stores.accounts.get(account.id)).toBeUndefined()
    await transaction()
    await other.say('drop function twice cascade')
  })

  it('could not tell where a lock never comes, while others are served', async () => {
    await using world = await open()
    await using other = await foreigner(world.url)
    const source = aSource()
    await world.stores.sources.add(source)
    await other.say(`begin; select * from sources for update`)
    const began = performance.now()
    const change = world.stores.sources.replace({ ...source, name: 'Another' }, 1)
    expect(await world.stores.sources.get(source.id)).toEqual(source)
    await expect(change).rejects.toMatchObject({ name: 'Unavailable', who: 'store' })
    expect(performance.now() - began).toBeLessThan(2000)
    await other.say('rollback')
    await world.stores.sources.replace({ ...source, name: 'Another' }, 1)
  })

  it('ends the transaction of a node that stands still, so that others can go on', async () => {
    await using world = await open()
    const other = await world.another()
    const standing = world.stores.transact(async ({ accounts }) => {
      await accounts.add(anAccount())
      await delay(6000)
      await accounts.add(anAccount())
    })
    const outcome = standing.catch((error: unknown) => error)
    await delay(100)
    await expect(other.transact(async () => {})).rejects.toThrow(Unavailable)
    await delay(4500)
    await other.transact(async () => {})
    expect(await outcome).toBeInstanceOf(Unavailable)
    expect((await other.accounts.list({ limit: 9 })).items).toEqual([])
  })

  it('could not tell once it is closed', async () => {
    await using world = await open()
    await world.stores[Symbol.asyncDispose]()
    await expect(world.stores.sources.get('x')).rejects.toMatchObject({ name: 'Unavailable', who: 'store' })
    await expect(world.stores.transact(async () => {})).rejects.toThrow(Unavailable)
  })

  it('finishes the transaction that is under way before it closes', async () => {
    await using world = await open()
    const source = aSource()
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
    const work = world.stores.transact(async ({ sources }) => {
      begin()
      await delay(20)
      await sources.add(source)
    })
    await begun
    await Promise.all([work, world.stores[Symbol.asyncDispose]()])
    expect(await (await world.another()).sources.get(source.id)).toEqual(source)
  })

  it('sweeps away what has expired and nothing else', async () => {
    await using world = await open()
    const session = aSession({ idleUntil: beginning + minute })
    await world.stores.sessions.save(session)
    await world.stores.grants.open(aGrant({ sessionId: session.id }))
    await world.stores.sessions.save(aSession())
    for (let index = 0; index < 600; index++)
      await world.stores.artifacts.put('ReplayDetection', `${index}`, {}, beginning + minute)
    expect(await world.stores.sweep()).toBe(0)
    world.pass(minute)
    const other = await world.another()
    const swept = await Promise.all([world.stores.sweep(), other.sweep()])
    expect(swept.reduce((sum, count) => sum + count)).toBe(601)
    const [left] = await server.query<{ n: number }>('select count(*)::int as n from sessions', world.url)
    expect(left?.n).toBe(1)
  })

  it('SEC-045 shows none of the secrets in a dump', async () => {
    await using world = await open()
    const source = aSource({ config: { client_secret: 'canary-source' }, secretNames: ['client_secret'] })
    await world.stores.sources.add(source)
    await world.stores.clients.add(aClient({ secrets: [{ digest: 'canary-client', createdAt: 1, expiresAt: null }] }))
    await world.stores.sessions.save(aSession({ upstream: { sid: 's', idToken: 'canary-token' } }))
    const privateJwk = { kty: 'RSA', n: 'public', d: 'canary-key' }
    const times = { createdAt: 1, activatedAt: 1, retiredAt: null }
    await world.stores.keys.add({ kid: 'k', alg: 'RS256', state: 'active', privateJwk, ...times })
    const trip = { uid: 'u', sourceId: 's', departedAt: 1, forceLogin: false, memo: {}, expiresAt: 1 }
    await world.stores.trips.save({ state: 'canary-state', ...trip })
    const dump = await server.dump(world.url)
    expect(dump).toContain(source.id)
    expect(dump).not.toContain('canary')
    const stranger = createVault([Buffer.alloc(32, 9)])
    await using other = await openSqlStores({ url: world.url, vault: stranger, clock: Date.now, log: silent })
    await expect(other.sources.get(source.id)).rejects.toThrow('not configured')
  })
})

describe('A search in PostgreSQL', () => {
  it('reads what it finds and not everything there is, without any extension', async () => {
    await using world = await open()
    await using other = await foreigner(world.url)
    expect((await other.say('select extname from pg_extension')).rows).toEqual([{ extname: 'plpgsql' }])
    await other.say(`insert into roles (id, version, seq, created_at, updated_at, search, name, client, description)
      select 'id-' || n, 1, nextval('places'), 1, 1, 'role number ' || md5(n::text), 'r' || n, '', ''
      from generate_series(1, 20000) as n`)
    await other.say('analyze roles')
    const wanted = (await other.say("select substr(md5('777'), 9, 8) as word")).rows[0].word
    expect((await world.stores.roles.list({ limit: 9, search: wanted })).items.map(({ name }) => name)).toEqual([
      'r777',
    ])
    const plan = async (word: string, piece: string) => {
      const { rows } = await other.say(`explain select * from roles where seq > 0
        and gatehouse_pieces(roles.search) @> array['${piece}'] and search like '%${word}%' order by seq limit 51`)
      return rows.map((row) => row['QUERY PLAN']).join('\n')
    }
    expect(await plan(wanted, wanted.slice(0, 3))).toContain('Bitmap Index Scan on roles_pieces')
    expect(await plan('zz', 'zz')).toContain('Bitmap Index Scan on roles_pieces')
    // What nearly all have is found soon in the order of the page.
    expect(await plan('number', 'num')).toContain('Index Scan using roles_seq')
  }, 90_000)

  it('finds people by any of their names likewise, and lets a source go that very many came through', async () => {
    await using world = await open()
    await using other = await foreigner(world.url)
    const source = aSource()
    await world.stores.sources.add(source)
    await other.say(`insert into accounts (id, version, seq, created_at, updated_at, search, enabled, display_name, roles)
      select 'id-' || n, 1, nextval('places'), 1, 1, 'person ' || n, 1, 'Person ' || n, '[]'
      from generate_series(1, 3000) as n`)
    await other.say(`insert into identities (source_id, subject, account_id, attributes, search, linked_at)
      select '${source.id}', n, 'id-' || n, '{}', md5(n::text), 1 from generate_series(1, 3000) as n`)
    await other.say('analyze accounts')
    const wanted = (await other.say("select substr(md5('777'), 9, 8) as word")).rows[0].word
    const { rows } = await other.say(`explain select * from accounts where seq > 0
      and gatehouse_pieces(accounts.names) @> array['${wanted.slice(0, 3)}'] and names like '%${wanted}%'
      order by seq limit 51`)
    expect(rows.map((row) => row['QUERY PLAN']).join('\n')).toContain('Bitmap Index Scan on accounts_pieces')
    const found = async () =>
      (await world.stores.accounts.list({ limit: 9, search: `person ${wanted}` })).items.map(({ id }) => id)
    expect(await found()).toEqual(['id-777'])
    await world.stores.sources.remove(source.id, 1)
    expect(await found()).toEqual([])
  }, 90_000)
})
