import { expect, it } from 'vitest'
import { okta, startAdmin, webApp } from './start-admin.ts'

const api = { name: 'Patient API', slug: 'patients', audience: 'https://api.example.com/patients' }

it.each([
  [
    'clients',
    {
      ...webApp,
      ...{ client_id: api.audience, allowed_sources: ['nothing', 'people'] },
      ...{ resource_server: { apis: ['gone', 'away'] }, id_token_signed_response_alg: 'HS256' },
    },
    [
      'allowed_sources.0',
      'client_id',
      'resource_server.apis.0',
      'resource_server.apis.1',
      'id_token_signed_response_alg',
    ],
  ],
  [
    'apis',
    {
      ...api,
      audience: 'https://login.example.com/admin/api',
      clients: ['x', 'y'],
      authentication_sources: ['nothing'],
    },
    ['authentication_sources.0', 'audience', 'clients.0', 'clients.1'],
  ],
  [
    'portals',
    { slug: 'developers', name: 'Developers', authentication_source: 'nothing', apis: ['gone'] },
    ['authentication_source', 'apis.0'],
  ],
  ['users', { authentication_source: 'nothing' }, ['username', 'authentication_source']],
])('what the registry has against one of %s is said at once', async (path, body, expected) => {
  await using admin = await startAdmin()
  await admin.call('POST', 'apis', api)
  await admin.call('POST', 'authentication-sources', { alias: 'people', name: 'People', type: 'local' })
  const answer = await admin.call('POST', path, body)
  const paths = answer.body.errors.map((problem: { path: string }) => problem.path)
  expect([answer.status, paths]).toEqual([400, expect.arrayContaining(expected)])
})

it('what is wrong with a key for an application is said at once', async () => {
  await using admin = await startAdmin()
  const { id } = (await admin.call('POST', 'applications', { name: 'Patient App' })).body
  const { body } = await admin.call('POST', `applications/${id}/api-keys`, {
    ...{ api_id: 'gone', expires_at: '2020-01-01T00:00:00Z' },
  })
  expect(body.errors.map((problem: { path: string }) => problem.path).toSorted()).toEqual(['api_id', 'expires_at'])
})

it('a user of a source that there is not is told so, and not that it is of another type', async () => {
  await using admin = await startAdmin()
  await admin.call('POST', 'authentication-sources', okta)
  const said = async (source: object) =>
    (await admin.call('POST', 'users', { username: 'ada', ...source })).body.errors[0].message
  expect(await said({})).toBe('there is no authentication source local')
  expect(await said({ authentication_source: 'Okta' })).toBe('Okta is no source of type local')
})
