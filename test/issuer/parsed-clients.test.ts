import { Provider } from 'oidc-provider'
import { expect, it } from 'vitest'
import { keepParsedClients } from '../../src/issuer/parsed-clients.ts'

it('parses each of three thousand clients once, however often and in whatever order they come', async () => {
  let looks = 0
  const records = new Map(
    Array.from({ length: 3000 }, (_, index) => {
      const record = { client_id: `client-${index}`, client_secret: 'secret', redirect_uris: ['https://app.example/'] }
      const watched = new Proxy(record, {
        get(target, name, receiver) {
          if (name === 'redirect_uris') looks += 1
          return Reflect.get(target, name, receiver)
        },
      })
      return [record.client_id, watched]
    }),
  )
  const provider = new Provider('https://broker.example', {
    adapter: () => ({
      find: async (id: string) => records.get(id),
      findByUid: async () => undefined,
      findByUserCode: async () => undefined,
      upsert: async () => undefined,
      consume: async () => undefined,
      destroy: async () => undefined,
      revokeByGrantId: async () => undefined,
    }),
  })
  keepParsedClients(
    provider,
    () => false,
    () => Date.now(),
  )
  const findAll = () => Promise.all([...records.keys()].map((id) => provider.Client.find(id)))
  const first = await findAll()
  const parsing = looks
  expect(parsing).toBeGreaterThanOrEqual(3000)
  const second = await findAll()
  expect(looks, 'nothing is parsed again').toBe(parsing)
  expect(second.every((client, index) => client !== undefined && client === first[index])).toBe(true)
  expect(await provider.Client.find('nobody')).toBeUndefined()
})
