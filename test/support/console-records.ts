/** A refused sign-in and changes of the registry, for the console's pages of what happened. */
import type { TestBroker, TestClient } from './broker.ts'
import { formTo, referenceIn, send, walk } from './pages.ts'
import { createVisitor } from './visitor.ts'

/** The addresses of the pages, by name; somebody has signed in to the client already. */
export async function someRecords(broker: TestBroker, client: TestClient, partnerId: string) {
  const refused = await refusedSignIn(broker, client)
  const { body: traces } = await broker.admin('GET', `traces?outcome=signed_in&client_id=${client.id}&limit=1`)
  const [{ reference = '', account_id: person = '' } = {}] = traces.items as Readonly<Record<string, string>>[]
  const { body: changes } = await broker.admin('GET', `events?subject_id=${partnerId}&limit=200`)
  const [{ id: added = '' } = {}] = (changes.items as { id: string }[]).slice(-1)
  await broker.admin('PATCH', `authentication-sources/${partnerId}`, {
    description: 'Hospitals',
    domains: ['partner.example'],
  })
  const { body: later } = await broker.admin('GET', `events?subject_id=${partnerId}&action=source.changed`)
  const [{ id: changed = '' } = {}] = later.items as { id: string }[]
  return {
    traces: '/admin/traces',
    'traces-none-found': '/admin/traces?reference=000-000-000',
    trace: `/admin/traces/${reference}`,
    'trace-refused': `/admin/traces/${refused}`,
    'traces-erase': `/admin/traces/of/${person}/erase`,
    events: '/admin/events',
    'event-added': `/admin/events/${added}`,
    'event-changed': `/admin/events/${changed}`,
    playground: '/admin/playground',
    'playground-tokens': `/admin/playground?client=${client.id}&person=${person}&api=patients`,
    'playground-problem': `/admin/playground?client=${client.id}&person=nobody`,
    'playground-token': '/admin/playground/token',
  }
}

/** Somebody who types the wrong password. Answers the reference of the sign-in. */
async function refusedSignIn(broker: TestBroker, client: TestClient): Promise<string> {
  const visitor = createVisitor()
  const { url } = broker.authorizationUrl(client, { idp_hint: 'local' })
  const page = await walk(visitor, url)
  const wrong = { username: 'admin', password: 'not the right one' }
  return referenceIn(await send(visitor, page, formTo(page, '/source/local'), wrong))
}
