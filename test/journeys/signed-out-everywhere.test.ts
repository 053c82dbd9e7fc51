import { expect, it } from 'vitest'
import { startTestBroker, type Tokens } from '../support/broker.ts'
import { signInWithPassword } from '../support/password.ts'
import { createVisitor } from '../support/visitor.ts'

it('all sessions of one user end with one request, with what they opened; others stay', async () => {
  await using broker = await startTestBroker()
  const ada = { username: 'ada', password: 'a machine that weaves' }
  const grace = { username: 'grace', password: 'a bug in the relay' }
  const { id } = await broker.created('users', ada)
  await broker.created('users', grace)
  const client = await broker.addClient()
  const signIn = async (who: typeof ada) => {
    const { code = '', verifier } = await signInWithPassword(broker, createVisitor(), client, who)
    return (await (await broker.redeem(client, code, verifier)).json()) as Tokens
  }
  const [first, second, others] = [await signIn(ada), await signIn(ada), await signIn(grace)]
  expect((await broker.admin('GET', `sessions?user=${id}`)).body.items).toHaveLength(2)

  const { status, body } = await broker.admin('POST', `users/${id}/end-sessions`)
  expect([status, body]).toEqual([200, { ended: 2 }])
  expect((await broker.admin('GET', `sessions?user=${id}`)).body.items).toEqual([])
  for (const { access_token, refresh_token } of [first, second]) {
    expect((await broker.introspect(client, access_token)).body).toEqual({ active: false })
    expect((await broker.refresh(client, refresh_token)).status).toBe(400)
  }
  expect((await broker.introspect(client, others.access_token)).body).toMatchObject({ active: true })
  const { body: events } = await broker.admin('GET', `events?subject_id=${id}&action=user.signed_out`)
  expect(events.items).toMatchObject([{ action: 'user.signed_out', before: { sessions: 2 }, after: null }])
  expect((await broker.admin('POST', `users/${id}/end-sessions`)).body).toEqual({ ended: 0 })
  expect((await broker.admin('POST', 'users/nobody/end-sessions')).status).toBe(404)
})
