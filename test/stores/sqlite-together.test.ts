/** What is written in one turn is one transaction, and yet each statement succeeds or fails by itself. */
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { createTogether, type Query } from '../../src/stores/sql/sqlite-together.ts'

function open(refusals = 0) {
  const database = new DatabaseSync(':memory:', { enableForeignKeyConstraints: true })
  database.exec(`
    create table people (name text primary key);
    create table dogs (name text, owner text references people (name) deferrable initially deferred);
    create trigger nobody before insert on people when new.name = 'nobody'
      begin select raise(rollback, 'given up'); end;`)
  const carriedOut: string[] = []
  let refused = refusals
  const run = ({ sql, parameters }: Query) => {
    carriedOut.push(sql)
    if (sql.startsWith('begin') && refused-- > 0) throw new Error('locked')
    const statement = database.prepare(sql)
    const values = parameters as SQLInputValue[]
    if (statement.columns().length > 0) return { rows: statement.all(...values) }
    return { rows: [], numAffectedRows: BigInt(statement.run(...values).changes) }
  }
  let last: Promise<void> = Promise.resolve()
  async function takeTurn() {
    const before = last
    const { promise, resolve } = Promise.withResolvers<void>()
    last = promise
    await before
    return resolve
  }
  const together = createTogether({
    takeTurn,
    run,
    patiently: async (query) => run(query),
    isInTransaction: () => database.isTransaction,
  })
  const ask = (sql: string, ...parameters: readonly unknown[]) => together.ask({ sql, parameters })
  return {
    carriedOut,
    takeTurn,
    settled: together.settled,
    ask,
    add: (name: string) => ask('insert into people values (?)', name),
    people: () =>
      database
        .prepare('select name from people order by name')
        .all()
        .map(({ name }) => name),
    dogs: () =>
      database
        .prepare('select name from dogs')
        .all()
        .map(({ name }) => name),
  }
}

const insert = 'insert into people values (?)'
const outcomes = async (work: readonly Promise<unknown>[]) =>
  (await Promise.allSettled(work)).map(({ status }) => status)

describe('what is asked in one turn', () => {
  it('is one transaction where it writes twice, in the order in which it was asked', async () => {
    const db = open()
    const [, seen] = await Promise.all([db.add('ann'), db.ask('select count(*) as n from people'), db.add('bob')])
    expect(seen.rows).toEqual([{ n: 1 }])
    expect(db.carriedOut).toEqual(['begin immediate', insert, 'select count(*) as n from people', insert, 'commit'])
  })

  it('takes along what is asked once a promise has gone on', async () => {
    const db = open()
    const later = async (name: string) => {
      for (let steps = 0; steps < 20; steps++) await undefined
      await db.add(name)
    }
    await Promise.all([db.add('ann'), later('bob')])
    expect(db.carriedOut).toEqual(['begin immediate', insert, insert, 'commit'])
  })

  it.each([
    ['reads', ['select 1', 'select 2']],
    ['writes once', ['select 1', "insert into people values ('ann')"]],
    ['may be in no transaction', ["insert into people values ('ann')", "insert into people values ('bob')", 'vacuum']],
  ])('is no transaction of ours where it %s', async (_, asked) => {
    const db = open()
    await Promise.all(asked.map((sql) => db.ask(sql)))
    expect(db.carriedOut).toEqual(asked)
  })

  it('fails alone where it breaks a rule', async () => {
    const db = open()
    expect(await outcomes([db.add('ann'), db.add('ann'), db.add('bob')])).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
    ])
    expect(db.people()).toEqual(['ann', 'bob'])
  })

  it('fails alone where SQLite gives up the whole transaction', async () => {
    const db = open()
    expect(await outcomes([db.add('ann'), db.add('nobody'), db.add('bob')])).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
    ])
    expect(db.people()).toEqual(['ann', 'bob'])
  })

  it('fails alone where that shows only in the end', async () => {
    const db = open()
    const stray = db.ask("insert into dogs values ('rex', 'nobody')")
    expect(await outcomes([db.add('ann'), stray])).toEqual(['fulfilled', 'rejected'])
    expect([db.people(), db.dogs()]).toEqual([['ann'], []])
  })

  it('fails as a whole where no transaction can begin, and what is asked next does not', async () => {
    const db = open(1)
    expect(await outcomes([db.add('ann'), db.add('bob')])).toEqual(['rejected', 'rejected'])
    expect(await outcomes([db.add('cid'), db.add('dan')])).toEqual(['fulfilled', 'fulfilled'])
    expect(db.people()).toEqual(['cid', 'dan'])
  })

  it('waits for the transaction of somebody else, and is settled after it', async () => {
    const db = open()
    const end = await db.takeTurn()
    const asked = Promise.all([db.add('ann'), db.add('bob')])
    await new Promise(setImmediate)
    expect(db.carriedOut).toEqual([])
    const settled = db.settled()
    end()
    await settled
    expect(db.people()).toEqual(['ann', 'bob'])
    await asked
  })
})
