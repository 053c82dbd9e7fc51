import { expect, it } from 'vitest'
import { createGenuineTokens } from '../../src/tokens/genuine-tokens.ts'

const found = (jti: string) => ({
  kid: 'kid',
  notBefore: 0,
  token: { jti, clientId: 'app', audience: 'app', scopes: [], issuedAt: 0, expiresAt: 1, claims: {} },
})

it('keeps nothing of a token that is shown once, and the same object of one that is shown again', () => {
  const tokens = createGenuineTokens()
  expect(tokens.get('a')).toBeUndefined()
  tokens.put('a', found('a'))
  expect(tokens.get('a')).toBeUndefined()
  tokens.put('a', found('a'))
  const kept = tokens.get('a')
  expect(kept?.token).toMatchObject({ jti: 'a', comesAgain: true })
  expect(tokens.get('a')).toBe(kept)
  expect(tokens.get('b')).toBeUndefined()
})

it('forgets those not shown for longest, and no more than it must', () => {
  const tokens = createGenuineTokens(10)
  const show = (jti: string) => {
    if (tokens.get(jti)) return true
    tokens.put(jti, found(jti))
    tokens.put(jti, found(jti))
    return false
  }
  expect(show('favourite')).toBe(false)
  for (let index = 0; index < 100; index += 1) {
    show(`other ${index}`)
    expect(show('favourite'), String(index)).toBe(true)
  }
  expect(tokens.get('other 0')).toBeUndefined()
  expect(tokens.get('other 99')).toBeDefined()
})
