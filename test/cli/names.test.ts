import { expect, it } from 'vitest'
import { createNames } from '../../src/cli/names.ts'

it('reads each list once for any number of names, and again only when something of that kind was changed', async () => {
  const asked = { sources: 0, apis: 0, applications: 0 }
  const page = (what: keyof typeof asked, items: readonly object[]) => ({
    async list() {
      asked[what] += 1
      return { items, next: null }
    },
  })
  const application = { application: { id: 'id-1', slug: 'one' } }
  const needs = {
    sources: page('sources', [{ id: 's', alias: 'Okta' }]),
    apis: page('apis', [{ id: 'a', slug: 'wards' }]),
    applications: page('applications', [application]),
  }
  const names = createNames(needs as unknown as Parameters<typeof createNames>[0])
  for (let times = 0; times < 10; times++) {
    expect(await names.aliasOf('s')).toBe('Okta')
    expect([await names.apiBySlug('wards'), await names.slugOfApi('a')]).toEqual(['a', 'wards'])
    expect(await names.nameOfClient('id-1:OPENID')).toBe('application:one')
    expect(await names.clientByName('application:one')).toBe('id-1:OPENID')
    names.forget('portals')
    names.forget('apis')
  }
  expect(await names.nameOfClient('else:OPENID')).toBe('else:OPENID')
  expect(asked).toEqual({ sources: 1, apis: 10, applications: 1 })
})
