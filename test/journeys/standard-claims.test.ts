/** What a source sends under the names of the standard is in every token of the organisation's own clients (docs/mapping.md). */
import { expect, it } from 'vitest'
import { startTestBroker } from '../support/broker.ts'
import { startUpstream } from '../support/upstream.ts'

const person = {
  sub: '00u3ann',
  ...{ name: 'Ann Other', given_name: 'Ann', family_name: 'Other', middle_name: 'B', nickname: 'Annie' },
  ...{
    preferred_username: 'ann',
    profile: 'https://ann.test/',
    picture: 'https://ann.test/p',
    website: 'https://ann.test',
  },
  ...{ email: 'ann@acme.test', gender: 'f', birthdate: '1970-01-01', zoneinfo: 'Europe/Berlin', locale: 'de' },
  ...{ phone_number: '+49 1', phone_number_verified: true, updated_at: 1_700_000_000, department: ['R&D'] },
}

it('is in the access token, in the ID token and at userinfo', async () => {
  await using upstream = await startUpstream({ users: { ann: person } })
  await using broker = await startTestBroker()
  await broker.addSource(upstream, { config: { scopes: ['openid', 'profile', 'email'] } })
  const client = await broker.addClient()
  const { access, id, tokens } = await broker.login(client, { params: { idp_hint: 'Okta' } })
  const { sub: _, ...claims } = person
  expect(access).toMatchObject(claims)
  expect(id).toMatchObject(claims)
  expect(await (await broker.userinfo(tokens.access_token)).json()).toMatchObject(claims)
})
