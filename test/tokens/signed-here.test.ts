import { expect, it } from 'vitest'
import { createSignedHere } from '../../src/tokens/signed-here.ts'

it('knows what it was told of, and nothing like it', () => {
  const signedHere = createSignedHere()
  signedHere.note('a.b.c')
  expect(signedHere.has('a.b.c')).toBe(true)
  for (const other of ['a.b.C', 'a.b.c ', 'a.b', '']) expect(signedHere.has(other), other).toBe(false)
})

it('forgets the oldest, and no more than it must', () => {
  const signedHere = createSignedHere(10)
  for (let index = 0; index < 100; index += 1) {
    signedHere.note(`token ${index}`)
    for (let before = Math.max(0, index - 4); before <= index; before += 1)
      expect(signedHere.has(`token ${before}`), `${before} after ${index}`).toBe(true)
  }
  expect(signedHere.has('token 0')).toBe(false)
})
