import { describe, expect, it } from 'vitest'
import { okta, startAdmin } from './start-admin.ts'

type Admin = Awaited<ReturnType<typeof startAdmin>>

async function exported({ server }: Admin, query = '') {
  const answer = await fetch(`${server.url}/admin/api/v1/events/export?${query}`, {
    headers: { authorization: 'Bearer viewer' },
  })
  const text = await answer.text()
  const lines = text.split('\n').filter((line) => line !== '')
  return { answer, lines: answer.ok ? lines.map((line) => JSON.parse(line)) : lines }
}

describe('GET events', () => {
  it('finds the changes of one actor, one subject, one kind, one time', async () => {
    await using admin = await startAdmin()
    const { body: source } = await admin.call('POST', 'authentication-sources', okta)
    admin.advance(60_000)
    await admin.callAs('editor')('PATCH', `authentication-sources/${source.id}`, { name: 'Other' }, { 'if-match': '*' })
    await admin.call('POST', 'roles', { name: 'nurse' })
    const found = async (query: string) =>
      (await admin.call('GET', `events?${query}`)).body.items.map(({ action }: { action: string }) => action)
    expect(await found(`subject_id=${source.id}`)).toEqual(['source.changed', 'source.created'])
    expect(await found('actor=account%20of%20editor')).toEqual(['source.changed'])
    expect(await found('subject_type=role')).toEqual(['role.created'])
    expect(await found('action=source.created')).toEqual(['source.created'])
    expect(await found('until=2026-02-03T04:06:06Z')).toEqual(['source.created'])
    expect(await found('from=2026-02-03T05:06:06%2B01:00&subject_type=source')).toEqual(['source.changed'])
    expect((await admin.call('GET', 'events?from=today')).status).toBe(400)
  })
})

describe('GET events/export', () => {
  it('gives all out as JSON lines, the oldest first, more than any page has', async () => {
    await using admin = await startAdmin()
    for (let index = 0; index < 501; index++) {
      await admin.stores.audit.record({
        ...{ id: `event-${index}`, at: index, actor: { kind: 'system', id: 'gatehouse' }, action: 'role.created' },
        ...{ subject: { type: 'role', id: `${index}`, name: 'a role\nof two lines' }, before: null, after: { index } },
      })
    }
    const { answer, lines } = await exported(admin)
    expect(answer.headers.get('content-type')).toBe('application/jsonl')
    expect(lines.map(({ after }) => after.index)).toEqual(Array.from({ length: 501 }, (_, index) => index))
    expect(lines[0]).toMatchObject({ id: 'event-0', at: '1970-01-01T00:00:00.000Z', subject: { type: 'role' } })
  })

  it('goes on behind the last line that somebody has, and ends where there is no more', async () => {
    await using admin = await startAdmin()
    for (const name of ['a', 'b', 'c']) await admin.call('POST', 'roles', { name })
    const { lines } = await exported(admin)
    expect(lines.map(({ subject }) => subject.name)).toEqual(['a', 'b', 'c'])
    const [, second, third] = lines
    expect((await exported(admin, `after=${second.cursor}`)).lines).toEqual([third])
    expect((await exported(admin, `after=${third.cursor}`)).lines).toEqual([])
    await admin.call('POST', 'roles', { name: 'd' })
    const more = await exported(admin, `after=${third.cursor}&subject_type=role`)
    expect(more.lines.map(({ subject }) => subject.name)).toEqual(['d'])
  })

  it('answers what is wrong with the question before anything else', async () => {
    await using admin = await startAdmin()
    for (const wrong of ['after=nothing', 'from=today', 'limit=3']) {
      const { answer } = await exported(admin, wrong)
      expect(answer.status, wrong).toBe(400)
    }
    expect((await admin.callAs('nobody')('GET', 'events/export')).status).toBe(403)
  })
})
