import { describe, expect, it } from 'vitest'
import { okta, startAdmin } from './start-admin.ts'

const patients = { name: 'Patient API', slug: 'patients' }
const located = { hosts: ['api.example.com'], path_prefix: '/patients' }

const pathsOf = (body: { errors: { path: string }[] }) => body.errors.map(({ path }) => path)

describe('the rules of an API', () => {
  it('are kept as they were said, and come back as they can be said again', async () => {
    await using admin = await startAdmin()
    const { id: source } = (await admin.call('POST', 'authentication-sources', okta)).body
    const rules = {
      ...located,
      require_api_key: true,
      key_must_match_token: true,
      required_scopes: ['patients.read'],
      required_roles: ['nurse', 'doctor'],
      required_groups: ['Staff'],
      claims: [{ claim: 'department', match: 'none', values: ['R&D', 7, true] }],
      mask: [{ json_path: '$..ssn', unless_group: 'Staff', with: '***' }],
      sender_constraint: 'either',
      rate_limit: { requests: 100, window: 60, by: 'application' },
      identity_headers: ['subject', 'groups'],
      enforcement: 'report',
    }
    const made = await admin.call('POST', 'apis', {
      ...patients,
      ...rules,
      authentication_sources: [
        {
          source: 'Okta',
          roles: [{ when_group: 'Staff', role: 'nurse' }, { role: 'reader' }],
          sunset: '2027-01-01T01:00:00+01:00',
        },
      ],
    })
    expect(made.status, JSON.stringify(made.body)).toBe(201)
    expect(made.body).toMatchObject({
      ...rules,
      authentication_sources: [
        {
          source,
          roles: [{ when_group: 'Staff', role: 'nurse' }, { role: 'reader' }],
          sunset: '2027-01-01T00:00:00.000Z',
        },
      ],
    })
    const read = (await admin.call('GET', `apis/${made.body.id}`)).body
    const put = await admin.call('PUT', `apis/${made.body.id}`, read)
    expect({ ...put.body, updated_at: '' }).toEqual({ ...read, updated_at: '' })
    const patched = await admin.call('PATCH', `apis/${made.body.id}`, { rate_limit: null, mask: null })
    expect(patched.body).toMatchObject({ rate_limit: null, mask: [], required_scopes: ['patients.read'] })
  })

  it('ask sources in the order that was given', async () => {
    await using admin = await startAdmin()
    const ids: string[] = []
    for (const alias of ['One', 'Two', 'Three'])
      ids.unshift((await admin.call('POST', 'authentication-sources', { ...okta, alias })).body.id)
    const entries = ['Three', { source: 'Two', roles: [] }, ids[2], 'Three']
    const made = await admin.call('POST', 'apis', { ...patients, authentication_sources: entries })
    expect(made.body.authentication_sources).toEqual([ids[0], { source: ids[1], roles: [], sunset: null }, ids[2]])
    const twice = await admin.call('PATCH', `apis/${made.body.id}`, {
      authentication_sources: ['Two', { source: ids[1], roles: null }],
    })
    expect([twice.status, pathsOf(twice.body)]).toEqual([400, ['authentication_sources.1.source']])
  })

  it.each([
    [{ hosts: ['https://api.example.com'] }, 'hosts.0'],
    [{ hosts: ['api.example.com/x'] }, 'hosts.0'],
    [{ hosts: ['*.example.com'] }, 'hosts.0'],
    [{ hosts: ['user@example.com'] }, 'hosts.0'],
    [{ hosts: ['a.test', 'api.example.com:0'] }, 'hosts.1'],
    [{ hosts: ['api.example.com:65536'] }, 'hosts.0'],
    [{ hosts: ['127.1'] }, 'hosts.0'],
    [{ hosts: ['0x7f.0.0.1'] }, 'hosts.0'],
    [{ hosts: ['2130706433'] }, 'hosts.0'],
    [{ hosts: ['a..test'] }, 'hosts.0'],
    [{ hosts: ['-a.test'] }, 'hosts.0'],
    [{ hosts: [''] }, 'hosts.0'],
    [{ hosts: [], path_prefix: '/x' }, 'hosts'],
    [{ path_prefix: 'patients' }, 'path_prefix'],
    [{ path_prefix: '/a//b' }, 'path_prefix'],
    [{ path_prefix: '/a/../b' }, 'path_prefix'],
    [{ path_prefix: '/a/.' }, 'path_prefix'],
    [{ path_prefix: '/a/%2e%2e/b' }, 'path_prefix'],
    [{ path_prefix: '/a%2Fb' }, 'path_prefix'],
    [{ path_prefix: '/a%5Cb' }, 'path_prefix'],
    [{ path_prefix: '/a\\b' }, 'path_prefix'],
    [{ path_prefix: '/a;b=c' }, 'path_prefix'],
    [{ path_prefix: '/a%3Bb' }, 'path_prefix'],
    [{ path_prefix: '/a%00' }, 'path_prefix'],
    [{ path_prefix: '/a%252e' }, 'path_prefix'],
    [{ path_prefix: '/%61' }, 'path_prefix'],
    [{ path_prefix: '/%c3%a4' }, 'path_prefix'],
    [{ path_prefix: '/ä' }, 'path_prefix'],
    [{ path_prefix: '/a?b' }, 'path_prefix'],
    [{ path_prefix: '/a#b' }, 'path_prefix'],
    [{ path_prefix: '/a/*' }, 'path_prefix'],
    [{ required_scopes: ['a b'] }, 'required_scopes.0'],
    [{ claims: [{ claim: 'x', match: 'some', values: ['y'] }] }, 'claims.0.match'],
    [{ claims: [{ claim: 'x', match: 'any', values: [] }] }, 'claims.0.values'],
    [{ claims: [{ claim: 'x', values: ['y'], regex: '.*' }] }, 'claims.0.regex'],
    [{ mask: [{ json_path: 'ssn' }] }, 'mask.0.json_path'],
    [{ mask: [{ json_path: '$' }] }, 'mask.0.json_path'],
    [{ mask: [{ json_path: '$..[?(@.x)]' }] }, 'mask.0.json_path'],
    [{ mask: [{ json_path: '$.a[0:2]' }] }, 'mask.0.json_path'],
    [{ mask: [{ json_path: '$.a[1,2]' }] }, 'mask.0.json_path'],
    [{ mask: [{ json_path: "$['a'" }] }, 'mask.0.json_path'],
    [{ rate_limit: { requests: 0, window: 60 } }, 'rate_limit.requests'],
    [{ rate_limit: { requests: 1 } }, 'rate_limit.window'],
    [{ sender_constraint: 'none' }, 'sender_constraint'],
    [{ identity_headers: ['X-Auth-Subject'] }, 'identity_headers.0'],
    [{ enforcement: 'warn' }, 'enforcement'],
    [{ authentication_sources: [{ source: 'nothing' }] }, 'authentication_sources.0'],
    [{ authentication_sources: [{ roles: [] }] }, 'authentication_sources.0.source'],
    [{ authentication_sources: [{ source: 'x', roles: [{ role: '' }] }] }, 'authentication_sources.0.roles.0.role'],
    [{ authentication_sources: [{ source: 'x', sunset: 'soon' }] }, 'authentication_sources.0.sunset'],
  ])('refuse %j, naming the member', async (change, where) => {
    await using admin = await startAdmin()
    const { status, body } = await admin.call('POST', 'apis', { ...patients, hosts: ['api.example.com'], ...change })
    expect([status, pathsOf(body)]).toEqual([400, [where]])
  })
})

describe('the address of an API', () => {
  it('is kept in its canonical form', async () => {
    await using admin = await startAdmin()
    const hosts = [
      'API.Example.com.',
      'bücher.example:8443',
      '127.0.0.1:3000',
      '[::0001]:80',
      'localhost',
      'api.example.com',
    ]
    const made = await admin.call('POST', 'apis', { ...patients, hosts, path_prefix: '/patients/%C3%A4/' })
    expect(made.body).toMatchObject({
      hosts: ['api.example.com', 'xn--bcher-kva.example:8443', '127.0.0.1:3000', '[::1]:80', 'localhost'],
      path_prefix: '/patients/%C3%A4',
    })
  })

  it('belongs to one API: 409 names the other', async () => {
    await using admin = await startAdmin()
    await admin.call('POST', 'apis', { ...patients, ...located })
    const second = { name: 'Second', slug: 'second', hosts: ['b.example.com', 'API.example.com'] }
    const taken = await admin.call('POST', 'apis', { ...second, path_prefix: '/patients/' })
    expect(taken.status).toBe(409)
    expect(taken.body.errors).toEqual([
      { path: 'hosts.1', message: 'api.example.com/patients belongs to the API Patient API' },
    ])
    expect((await admin.call('POST', 'apis', { ...second, path_prefix: '/patients/old' })).status).toBe(201)
  })
})
