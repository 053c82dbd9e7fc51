import { expect, it } from 'vitest'
import { createSignedHere } from '../../src/tokens/signed-here.ts'

const part = (members: object) => Buffer.from(JSON.stringify(members)).toString('base64url')
const tokenOf = (payload: object, signature = 'AAAA') => `${part({ alg: 'RS256' })}.${part(payload)}.${signature}`

it('knows what it was told of from what only looks like it, and from what it was not told of', () => {
  const signedHere = createSignedHere()
  const token = tokenOf({ jti: 'one', scope: 'openid' })
  signedHere.note(token)
  expect(signedHere.isGood(token, 'one')).toBe(true)
  for (const other of [tokenOf({ jti: 'one', scope: 'admin' }), tokenOf({ jti: 'one', scope: 'openid' }, 'BBBB')])
    expect(signedHere.isGood(other, 'one'), other).toBe(false)
  for (const jti of ['two', '', 'toString', 1, undefined]) expect(signedHere.isGood(token, jti)).toBeUndefined()
})

it('takes no notice of what has no name', () => {
  const signedHere = createSignedHere()
  for (const token of ['opaque', tokenOf({}), tokenOf({ jti: 1 })]) {
    signedHere.note(token)
    for (const jti of [undefined, 1, '1', '']) expect(signedHere.isGood(token, jti)).toBeUndefined()
  }
})

it('forgets the oldest, and no more than it must', () => {
  const signedHere = createSignedHere(10)
  const token = (index: number) => tokenOf({ jti: String(index) })
  for (let index = 0; index < 100; index += 1) {
    signedHere.note(token(index))
    for (let before = Math.max(0, index - 4); before <= index; before += 1)
      expect(signedHere.isGood(token(before), String(before)), `${before} after ${index}`).toBe(true)
  }
  expect(signedHere.isGood(token(0), '0')).toBeUndefined()
})
