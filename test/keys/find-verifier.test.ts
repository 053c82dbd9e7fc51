import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { expect, it } from 'vitest'
import { Unavailable } from '../../src/errors.ts'
import { createFindVerifier } from '../../src/keys/find-verifier.ts'

const key = createPublicKey(generateKeyPairSync('ed25519').publicKey.export({ format: 'pem', type: 'spki' }))
const kid = 'k'.repeat(43)

function world(known: readonly string[], elsewhere: readonly string[]) {
  let verifiers = new Map<string, KeyObject>(known.map((name) => [name, key]))
  let asked = 0
  const find = createFindVerifier({
    verifiers: () => verifiers,
    async catchUp() {
      asked += 1
      verifiers = new Map([...known, ...elsewhere].map((name) => [name, key]))
    },
  })
  return { find, asked: () => asked }
}

it('finds a key that is known without asking anybody', async () => {
  const { find, asked } = world([kid], [])
  expect(find(kid)).toBe(key)
  expect(asked()).toBe(0)
})

it('finds a key that another node made a moment ago', async () => {
  const { find } = world([], [kid])
  expect(await find(kid)).toBe(key)
})

it('knows no other key after it has asked, and does not ask for what can be no key of ours', async () => {
  const { find, asked } = world([kid], [])
  expect(await find('x'.repeat(43))).toBeUndefined()
  expect(asked()).toBe(1)
  for (const name of ['', 'kid', 'x'.repeat(42), 'x'.repeat(44), `${'x'.repeat(42)}.`])
    expect(find(name)).toBeUndefined()
  expect(asked()).toBe(1)
})

it('could not tell while nobody can be asked', async () => {
  const catchUp = () => Promise.reject(new Unavailable('store', 'away'))
  await expect(createFindVerifier({ verifiers: () => new Map(), catchUp })(kid)).rejects.toThrow(Unavailable)
})
