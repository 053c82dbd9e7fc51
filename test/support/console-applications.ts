/** Applications with keys, for the console's pages of them, and the addresses of those. */
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
