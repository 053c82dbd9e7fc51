/** Beginning a test login: for which client the tokens would be, and the link for whoever signs in. */
import type { Field } from '#views/console/form.ts'
import type { Started } from '#views/console/test-login.ts'
import type { ClientStore } from '../clients/client.ts'
import { invalidInput } from '../input.ts'
import type { Source } from '../sources/source.ts'
import type { TestLogins } from '../sources/test-logins.ts'
import type { Visit } from './page.ts'

interface Needs {
  readonly tests: Pick<TestLogins, 'start'>
  readonly clients: Pick<ClientStore, 'list' | 'get'>
  readonly issuer: string
}

export interface BeginTest {
  /** To choose a client from those that there are; what is typed may be any. */
  field(visit: Visit): Promise<Field>
  /** Whoever opens the link shows to the administrator what is said about them: the same right as in the admin API. */
  begin(visit: Visit, source: Source, stored: boolean, form: URLSearchParams): Promise<Started>
}

export const testClient = 'test_client'
const suggested = 100

export const createBeginTest = ({ tests, clients, issuer }: Needs): BeginTest => ({
  async field({ words }) {
    const { items } = await clients.list({ limit: suggested })
    return {
      ...{ name: testClient, kind: 'text', required: false },
      ...{ label: words.sources.testClient, help: words.sources.testClientHelp },
      suggestions: items.map(({ id, metadata }) => ({ value: id, text: metadata.client_name ?? id })),
    }
  },

  async begin(visit, source, stored, form) {
    visit.require('administer')
    const clientId = form.get(testClient)?.trim() || null
    if (clientId !== null && !(await clients.get(clientId)))
      throw invalidInput([{ path: testClient, message: visit.words.sources.testClientUnknown }])
    const { test, secret } = await tests.start(visit.actor, { source, stored, clientId })
    return {
      ...{ lang: visit.lang, now: visit.now, expiresAt: test.expiresAt },
      link: `${issuer}/test-login/${test.id}/${secret}`,
      report: visit.at(`/sources/${stored ? source.id : 'draft'}/test-logins/${test.id}`),
    }
  },
})
