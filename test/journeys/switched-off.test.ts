import { expect, it } from 'vitest'
import { startTestBroker } from '../support/broker.ts'
import { headingIn, referenceIn, walk } from '../support/pages.ts'
import { createVisitor } from '../support/visitor.ts'

it('tells people that an application is switched off, and an administrator by the reference which one', async () => {
  await using broker = await startTestBroker()
  const client = await broker.addClient()
  expect((await broker.admin('PATCH', `clients/${client.id}`, { enabled: false })).status).toBe(200)

  const page = await walk(createVisitor(), broker.authorizationUrl(client).url, { headers: { accept: 'text/html' } })
  expect(page.status).toBe(400)
  expect(headingIn(page)).toBe('This application is switched off')
  const trace = await broker.admin('GET', `traces/${referenceIn(page)}`)
  expect(trace.body).toMatchObject({ client_id: client.id, outcome: 'refused', reason: { code: 'client_disabled' } })
})
