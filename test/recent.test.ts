import { expect, it } from 'vitest'
import { createRecent } from '../src/recent.ts'

it('remembers what was kept, and not more than its limit', () => {
  const recent = createRecent<number>(10)
  for (let n = 0; n < 100; n++) recent.keep(`${n}`, n)
  expect(recent.get('99')).toBe(99)
  expect(recent.get('0')).toBeUndefined()
  const left = Array.from({ length: 100 }, (_, n) => recent.get(`${n}`)).filter((value) => value !== undefined)
  expect(left.length).toBeGreaterThanOrEqual(5)
  expect(left.length).toBeLessThanOrEqual(10)
})

it('forgets first what was not asked for in longest', () => {
  const recent = createRecent<number>(10)
  recent.keep('asked', 1)
  recent.keep('silent', 2)
  for (let n = 0; n < 30; n++) {
    recent.keep(`${n}`, n)
    expect(recent.get('asked')).toBe(1)
  }
  expect(recent.get('silent')).toBeUndefined()
})
