/** A broker with something of everything in it, and the addresses of all the console's pages. */
import type { Page } from 'playwright-core'
import { administratorPassword, startTestBroker } from './broker.ts'
import { someApis, someApplications } from './console-applications.ts'
import { someRecords } from './console-records.ts'
import { someRegistry } from './console-registry.ts'
import { formTo, send, walk } from './pages.ts'
import { john, rene } from './people.ts'
import { startUpstream } from './upstream.ts'
import { createVisitor } from './visitor.ts'

/** Signs the administrator in, to the first page of the console. */
export async function enterInBrowser(page: Page, issuer: string): Promise<void> {
  await page.goto(`${issuer}/admin/`)
  if (!page.url().includes('/login/')) return
  await page.fill('#username', 'admin')
  await page.fill('#password', administratorPassword)
  await page.click('#submit')
  await page.waitForURL((url) => url.pathname.startsWith('/admin'), { waitUntil: 'commit' })
}

export async function startConsole() {
  const upstream = await startUpstream({ users: { rene, john } })
  const broker = await startTestBroker()
  const okta = await broker.addSource(upstream, { description: 'Staff and contractors', domains: ['acme.com'] })
  const partner = await broker.created('authentication-sources', {
    ...{ alias: 'partner', name: 'Partner login', type: 'oidc', description: 'Hospitals we work with', enabled: false },
    config: { issuer: 'https://partner.example', client_id: 'gatehouse', client_secret: 'change me' },
  })
  const client = await broker.addClient({ client_name: 'Patient App' })
  const api = await broker.created('apis', {
    ...{ name: 'Patient API', slug: 'patients', audience: 'https://patients.example' },
    authentication_sources: [okta.id],
  })
  await broker.login(client, { params: { idp_hint: 'Okta' } })

  const { body: test } = await broker.admin('POST', `authentication-sources/${okta.id}/test-login`)
  const partnersBrowser = createVisitor()
  const begin = await walk(partnersBrowser, String(test.url))
  await send(partnersBrowser, begin, formTo(begin, new URL(String(test.url)).pathname))

  const pages: Readonly<Record<string, string>> = {
    overview: '/admin/',
    'overview-day': '/admin/?period=day',
    sources: '/admin/sources',
    'sources-none-found': '/admin/sources?q=nobody',
    'source-add': '/admin/sources/add',
    'source-add-copy': '/admin/sources/add/okta',
    'source-add-copy-taken': '/admin/sources/add/okta?alias=Okta',
    'source-add-connect': '/admin/sources/add/okta/connect',
    'source-add-jwt': '/admin/sources/add/jwt/connect',
    'source-add-certificate': '/admin/sources/add/certificate/connect',
    'source-add-local': '/admin/sources/add/local/connect',
    source: `/admin/sources/${okta.id}`,
    'source-off': `/admin/sources/${partner.id}`,
    'source-edit': `/admin/sources/${okta.id}/edit`,
    'source-mapping': `/admin/sources/${okta.id}/mapping`,
    'source-disable': `/admin/sources/${okta.id}/disable`,
    'source-remove': `/admin/sources/${partner.id}/remove`,
    'source-remove-used': `/admin/sources/${okta.id}/remove`,
    'source-test-report': `/admin/sources/${okta.id}/test-logins/${test.id}`,
    ...(await someApplications(broker, api.id)),
    ...(await someRecords(broker, client, partner.id)),
    ...(await someRegistry(broker, { client, apiId: api.id, sourceId: okta.id })),
    ...(await someApis(broker, { source: okta.id, client: client.id })),
    'source-gone': '/admin/sources/00000000-0000-4000-8000-000000000000',
  }
  const { issuer } = broker.config

  return {
    ...{ broker, upstream, issuer, pages },

    /** Signs the administrator in. */
    enter: (page: Page) => enterInBrowser(page, issuer),

    async [Symbol.asyncDispose]() {
      await broker[Symbol.asyncDispose]()
      await upstream[Symbol.asyncDispose]()
    },
  }
}
