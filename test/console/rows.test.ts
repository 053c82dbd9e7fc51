/** Lists of records in forms: what is wrong stands in its cell, and what somebody else saved beside the list. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestBroker, type TestBroker } from '../support/broker.ts'
import { enterConsole } from '../support/console.ts'

let broker: TestBroker
beforeAll(async () => {
  broker = await startTestBroker()
})
afterAll(async () => {
  await broker[Symbol.asyncDispose]()
})

/** What stands in the cell of the control, and the words that its control is described by. */
function cellOf(text: string, name: string) {
  const [, tag = ''] =
    new RegExp(`<(?:input|select)([^>]* name="${name.replaceAll('.', '\\.')}"[^>]*)>`).exec(text) ?? []
  const described = /aria-describedby="([^"]+)"/.exec(tag)?.[1]
  const inCell =
    described && new RegExp(`<p class="wrong" id="${described}">.*?<span>(.*?)</span>`, 's').exec(text)?.[1]
  return { isInvalid: tag.includes('aria-invalid="true"'), problem: inCell }
}

const api = { name: 'Laboratory', slug: 'laboratory', audience: 'https://lab.example.com' }

describe('a list of records', () => {
  it('says in its cell what is wrong with it, in the row that was sent, empty ones between', async () => {
    const { page, send } = await enterConsole(broker, '/admin/apis/add')
    const sent = await send(page, '/apis/add', {
      ...{ ...api, path_prefix: '/', enforcement: 'enforce' },
      ...{ 'mask.0.json_path': '$.ssn', 'mask.2.json_path': 'ssn', 'mask.2.with': 'x'.repeat(300) },
      ...{
        'authentication_sources.1.source': 'local',
        'source_roles.3.source': 'local',
        'source_roles.3.when_group': 'Staff',
      },
    })
    expect(sent.status).toBe(422)
    expect(cellOf(sent.text, 'mask.0.json_path')).toEqual({ isInvalid: false, problem: undefined })
    expect(cellOf(sent.text, 'mask.2.json_path')).toEqual({ isInvalid: true, problem: 'Must begin with $.' })
    expect(cellOf(sent.text, 'mask.2.with')).toEqual({ isInvalid: true, problem: 'May have at most 200 characters.' })
    expect(cellOf(sent.text, 'source_roles.3.role')).toEqual({ isInvalid: true, problem: 'Is needed.' })
    expect(sent.text).toMatch(/<a href="#field-mask-2-json_path">[^<]+, [^<]+ 3<\/a>: Must begin with \$\./)
  })

  it('says what somebody else has saved of it meanwhile', async () => {
    const made = await broker.created('apis', { ...api, mask: [{ json_path: '$.old' }] })
    const { page, send } = await enterConsole(broker, `/admin/apis/${made.id}/edit`)
    const masks = [{ json_path: '$.theirs', unless_group: 'Staff' }]
    const { status } = await broker.admin('PATCH', `apis/${made.id}`, { mask: masks })
    expect(status).toBe(200)
    const mine = { ...api, path_prefix: '/', enforcement: 'enforce', 'mask.0.json_path': '$.mine' }
    const late = await send(page, '/edit', mine)
    expect(late.status).toBe(412)
    expect(late.text).toContain('value="$.mine"')
    expect(late.text).toMatch(/id="field-mask-saved">Saved now:<ul><li><bdi>[^<]*: \$\.theirs, [^<]*: Staff/)
    expect(late.text).not.toContain('id="field-claims-saved"')
    const again = await send(late, '/edit', mine)
    expect(again.url.pathname).toBe(`/admin/apis/${made.id}`)
    expect((await broker.admin('GET', `apis/${made.id}`)).body.mask).toMatchObject([{ json_path: '$.mine' }])
  })
})
