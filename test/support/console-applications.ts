/** Applications with keys and APIs with rules, for the console's pages of them, and the addresses of those. */
import type { TestBroker } from './broker.ts'

export async function someApplications(
  broker: Pick<TestBroker, 'created' | 'admin'>,
  api: string,
): Promise<Readonly<Record<string, string>>> {
  const { id } = await broker.created('applications', {
    ...{ name: 'Ward round', description: 'Shows patients to those who care for them', slug: 'ward-round' },
    owner: { name: 'Ada Lovelace', email: 'ada@acme.com' },
    redirect_uris: ['https://ward.example.com/callback', 'https://ward-of-the-long-name.hospital.example.com/callback'],
  })
  const expires_at = new Date(Date.now() + 5 * 86_400_000).toISOString()
  const key = await broker.created(`applications/${id}/api-keys`, { api_id: api, name: 'production', expires_at })
  await broker.created(`applications/${id}/api-keys`, { api_id: api })
  const off = await broker.created('applications', {
    name: 'Rechnungsdatenübermittlungsschnittstellenbereitstellungsdienst',
    ...{ disabled_by_publisher: true, disabled_by_consumer: true, public: true },
    redirect_uris: ['http://localhost/callback'],
    application_type: 'native',
  })
  const one = `/admin/applications/${id}`
  return {
    applications: '/admin/applications',
    'applications-none-found': '/admin/applications?q=nobody',
    'application-add': '/admin/applications/add',
    application: one,
    'application-off': `/admin/applications/${off.id}`,
    'application-edit': `${one}/edit`,
    'application-secret': `${one}/secret`,
    'application-key-make': `${one}/keys/make`,
    'application-key-rotate': `${one}/keys/${key.id}/rotate`,
    'application-key-revoke': `${one}/keys/${key.id}/revoke`,
    'application-disable': `${one}/disable/publisher`,
    'application-remove': `${one}/remove`,
  }
}

/** One API with a rule of each kind, and one with none, and the addresses of their pages. */
export async function someApis(
  broker: Pick<TestBroker, 'created'>,
  { source, client }: { readonly source: string; readonly client: string },
): Promise<Readonly<Record<string, string>>> {
  const { id } = await broker.created('apis', {
    ...{ name: 'Laboratory', slug: 'laboratory', hosts: ['lab.example.com', 'laboratory.hospital.example.com:8443'] },
    ...{ path_prefix: '/results/v2', audience: 'https://lab.example.com/results', clients: [client] },
    authentication_sources: [
      { source, roles: [{ when_group: 'Staff', role: 'reader' }, { role: 'guest' }], sunset: '2030-01-01T00:00:00Z' },
    ],
    ...{ require_api_key: true, key_must_match_token: true, required_scopes: ['openid'], required_roles: ['reader'] },
    required_groups: ['Staff', 'CN=Laborärzte und Laborärztinnen,OU=Abteilungen,DC=hospital,DC=example'],
    claims: [
      { claim: 'department', match: 'any', values: ['R&D', 'Care'] },
      { claim: 'level', match: 'exact', values: [3] },
    ],
    ...{ required_acr: ['urn:strong'], max_auth_age: 600, rate_limit: { requests: 60, window: 60, by: 'user' } },
    ...{ mask: [{ json_path: '$..ssn', unless_group: 'Staff' }], enforcement: 'report' },
  })
  const open = await broker.created('apis', { name: 'Opening hours', slug: 'opening-hours' })
  const one = `/admin/apis/${id}`
  return {
    apis: '/admin/apis',
    'apis-none-found': '/admin/apis?q=nobody',
    'api-add': '/admin/apis/add',
    api: one,
    'api-open': `/admin/apis/${open.id}`,
    'api-edit': `${one}/edit`,
    'api-remove': `/admin/apis/${open.id}/remove`,
    'api-access': `${one}/access`,
    'api-access-refused': `${one}/access?user=Rene&client=${client}`,
    'api-access-which': `${one}/access?user=e&client=${client}`,
    recipes: '/admin/recipes',
    'recipe-nginx': `${one}/recipes`,
    'recipe-apache': `${one}/recipes?gateway=apache&broker=nonsense`,
    'recipe-jwks': `/admin/apis/${open.id}/recipes?gateway=jwks`,
    'api-access-nobody': `${one}/access?user=nobody&client=nowhere`,
  }
}
