import { decodeJwt, decodeProtectedHeader } from 'jose'
import { expect, it } from 'vitest'
import { startTestBroker } from '../support/broker.ts'
import { john, rene } from '../support/people.ts'
import { startUpstream } from '../support/upstream.ts'

const clientId = '6fcc0833-0ec2-4542-bc2c-4cd88286dfc8:OPENID'
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

// The token of the retired authentication broker, name by name, with the types of its values.
const sample = {
  jti: 'uuid',
  exp: 'number',
  nbf: 'number',
  iat: 'number',
  iss: 'string',
  aud: 'string',
  sub: 'uuid',
  typ: 'string',
  azp: 'string',
  auth_time: 'number',
  session_state: 'uuid',
  acr: 'string',
  client_session: 'uuid',
  'allowed-origins': 'array',
  realm_access: 'roles',
  resource_access: 'object',
  address: 'object',
  email_verified: 'boolean',
  name: 'string',
  groups: 'array',
  preferred_username: 'string',
  identity_provider_alias: 'string',
  given_name: 'string',
  family_name: 'string',
}
const allowedExtras = ['scope', 'sid', 'client_id', 'email']

const kindOf = (value: unknown) => {
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'string' && uuid.test(value)) return 'uuid'
  if (typeof value === 'object' && value !== null && 'roles' in value) return 'roles'
  return typeof value
}

it('gives the application the token that the APIs of the retired broker know, claim by claim', async () => {
  await using upstream = await startUpstream({ users: { rene, john } })
  await using broker = await startTestBroker()
  await broker.addSource(upstream, {
    mapping: {
      groups: { claim: 'groups', filter: '.*' },
      roles: [
        { when_group: 'Consultant', role: 'consultant' },
        { role: 'uma_authorization' },
        { role: 'read-token', client: 'broker' },
        { role: 'manage-account', client: 'account' },
        { role: 'view-profile', client: 'account' },
        { when_group: 'Staff', role: 'staff' },
      ],
    },
  })
  const client = await broker.addClient({ client_id: clientId })

  const first = await broker.login(client, { params: { idp_hint: 'Okta' } })
  const { tokens, access } = await broker.login(client, { visitor: first.visitor })

  const header = decodeProtectedHeader(tokens.access_token)
  expect(Object.keys(header).sort()).toEqual(['alg', 'kid', 'typ'])
  expect(header).toMatchObject({ alg: 'RS256', typ: 'JWT', kid: expect.stringMatching(/^[\w-]{43}$/) })

  const names = Object.keys(access).filter((name) => !allowedExtras.includes(name))
  expect(names).toEqual(Object.keys(sample))
  expect(Object.fromEntries(names.map((name) => [name, kindOf(access[name])]))).toEqual(sample)
  expect(access).toMatchObject({
    exp: (access.iat ?? 0) + 300,
    nbf: 0,
    iss: broker.issuer,
    aud: clientId,
    typ: 'Bearer',
    azp: clientId,
    acr: '0',
    'allowed-origins': [],
    realm_access: { roles: ['consultant', 'uma_authorization'] },
    resource_access: { broker: { roles: ['read-token'] }, account: { roles: ['manage-account', 'view-profile'] } },
    address: {},
    email_verified: false,
    name: 'Rene Klomp',
    groups: ['Everyone', 'Consultant'],
    preferred_username: 'rene@acme.test',
    identity_provider_alias: 'Okta',
    given_name: 'Rene',
    family_name: 'Klomp',
  })

  expect(first.access.acr).toBe('1')
  expect(first.access).toMatchObject({
    sub: access.sub,
    session_state: access.session_state,
    client_session: access.client_session,
  })
  expect(access.sid).toBe(access.session_state)

  const id = decodeJwt(tokens.id_token)
  expect(id).toMatchObject({
    typ: 'ID',
    iss: broker.issuer,
    aud: clientId,
    azp: clientId,
    sub: access.sub,
    nonce: 'the-nonce',
    sid: access.sid,
    session_state: access.sid,
    name: 'Rene Klomp',
    groups: ['Everyone', 'Consultant'],
    realm_access: { roles: ['consultant', 'uma_authorization'] },
    identity_provider_alias: 'Okta',
    auth_time: access.auth_time,
  })
})

it('tells two people apart, before and after one of them signs out', async () => {
  await using upstream = await startUpstream({ users: { rene, john } })
  await using broker = await startTestBroker()
  await broker.addSource(upstream)
  const client = await broker.addClient()

  const one = await broker.login(client, { params: { idp_hint: 'Okta' } })
  expect(one.access.groups).toEqual(['Everyone', 'Consultant'])
  const bye = await one.visitor.travel(
    `${broker.issuer}/logout?${new URLSearchParams({ id_token_hint: one.tokens.id_token, post_logout_redirect_uri: 'https://app.example/bye', state: 'bye' })}`,
    ({ hostname }) => hostname === 'app.example',
  )
  expect(bye.href).toBe('https://app.example/bye?state=bye')
  expect(await broker.introspect(client, one.tokens.access_token)).toEqual({ status: 200, body: { active: false } })
  expect((await broker.refresh(client, one.tokens.refresh_token)).status).toBe(400)

  upstream.signInAs('john')
  const two = await broker.login(client, { visitor: one.visitor, params: { idp_hint: 'Okta' } })
  expect(two.access).toMatchObject({ name: 'John Doe', groups: ['Everyone', 'Staff'] })
  expect(two.access.sub).not.toBe(one.access.sub)
  expect(two.access.sid).not.toBe(one.access.sid)
})
