/** Clients of every kind, people, portals and roles, and the addresses of the pages about them. */
import type { TestBroker, TestClient } from './broker.ts'

interface Named {
  readonly client: TestClient
  readonly apiId: string
  readonly sourceId: string
}

export async function someRegistry(broker: TestBroker, { client, apiId, sourceId }: Named) {
  const spa = await broker.addClient({
    ...{ client_id: 'dashboard', client_name: 'Ward dashboard', token_endpoint_auth_method: 'none' },
    ...{ allowed_sources: [sourceId], web_origins: ['https://app.example'] },
  })
  await broker.addClient({
    ...{ client_id: 'nightly', client_name: 'Nightly export', grant_types: ['client_credentials'] },
    ...{ redirect_uris: [], post_logout_redirect_uris: [], enabled: false },
  })
  await broker.admin('PATCH', `apis/${apiId}`, { clients: [client.id], required_roles: ['nurse'] })
  const portal = await broker.created('portals', {
    ...{ slug: 'developers', name: 'Developer portal', required_roles: ['developer'] },
    ...{ authentication_source: sourceId, apis: [apiId] },
  })
  const grace = await broker.created('users', {
    ...{ username: 'grace', password: 'a long enough passphrase', name: 'Grace Hopper', email: 'grace@acme.com' },
    ...{ groups: ['Staff'], roles: ['nurse', { name: 'editor', client: 'gatehouse' }] },
  })
  await broker.created('users', { username: 'gone', name: 'Gone User', enabled: false })
  const items = async (what: string) => (await broker.admin('GET', what)).body.items as { readonly id: string }[]
  const roles = (await items('roles')) as { readonly id: string; readonly name: string }[]
  const roleOf = (name: string) => roles.find((role) => role.name === name)?.id
  const people = (await items('users')) as { readonly id: string; readonly display_name: string }[]
  const personOf = (name: string) => people.find((person) => person.display_name.startsWith(name))?.id
  const sessions = (await items('sessions')) as { readonly id: string }[]
  const keys = (await items('signing-keys')) as unknown as { readonly kid: string }[]
  const secret = `/admin/clients/${client.id}/secret`
  return {
    clients: '/admin/clients',
    'clients-none-found': '/admin/clients?kind=native',
    'client-kinds': '/admin/add-client',
    'client-add': '/admin/add-client?kind=web',
    client: `/admin/clients/${client.id}`,
    'client-public': `/admin/clients/${spa.id}`,
    'client-machine': '/admin/clients/nightly',
    'client-console': '/admin/clients/gatehouse-console',
    'client-bootstrap': '/admin/clients/automation',
    'client-edit': `/admin/clients/${client.id}/edit`,
    'client-console-edit': '/admin/clients/gatehouse-console/edit',
    'client-secret': secret,
    'client-disable': `/admin/clients/${client.id}/disable`,
    'client-remove': `/admin/clients/${client.id}/remove`,
    portals: '/admin/portals',
    'portal-add': '/admin/portals/add',
    portal: `/admin/portals/${portal.id}`,
    'portal-remove': `/admin/portals/${portal.id}/remove`,
    people: '/admin/people',
    'people-none-found': '/admin/people?q=nobody',
    'person-add': '/admin/people/add',
    person: `/admin/people/${personOf('Rene')}`,
    'person-local': `/admin/people/${grace.id}`,
    'person-self': `/admin/people/${personOf('Administrator')}`,
    'person-edit': `/admin/people/${grace.id}/edit`,
    'person-edit-foreign': `/admin/people/${personOf('Rene')}/edit`,
    'person-password': `/admin/people/${grace.id}/password`,
    'person-disable': `/admin/people/${personOf('Rene')}/disable`,
    'person-unlink': `/admin/people/${personOf('Rene')}/unlink/${sourceId}`,
    'person-erase': `/admin/people/${personOf('Rene')}/erase-traces`,
    'person-end-sessions': `/admin/people/${personOf('Rene')}/end-sessions`,
    'person-remove-self': `/admin/people/${personOf('Administrator')}/remove`,
    sessions: '/admin/sessions',
    'sessions-of-client': `/admin/sessions?client=${encodeURIComponent(client.id)}`,
    'session-end': `/admin/sessions/${sessions[0]?.id}/end`,
    roles: '/admin/roles',
    'role-add': '/admin/roles/add',
    role: `/admin/roles/${roleOf('nurse')}`,
    'role-ours': `/admin/roles/${roleOf('admin')}`,
    'role-remove': `/admin/roles/${roleOf('nurse')}/remove`,
    keys: '/admin/keys',
    'key-rotate': '/admin/keys/rotate',
    'key-revoke': `/admin/keys/${keys[0]?.kid}/revoke`,
  }
}
