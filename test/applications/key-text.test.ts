import { describe, expect, it } from 'vitest'
import { newKey, readKey } from '../../src/applications/key-text.ts'

describe('the text of an API key', () => {
  it('is made of letters and digits, begins with its public name, and is never the same', () => {
    const keys = Array.from({ length: 500 }, newKey)
    for (const { key, prefix } of keys) {
      expect(key).toMatch(/^gh_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}$/)
      expect(key.startsWith(`${prefix}_`)).toBe(true)
      expect(readKey(key)).toEqual({ prefix })
    }
    expect(new Set(keys.map(({ key }) => key.slice(16))).size).toBe(500)
    expect(new Set(keys.map(({ prefix }) => prefix)).size).toBe(500)
    // Every character in every place of the secret: chance, and all of it.
    const places = Array.from({ length: 43 }, (_, place) => new Set(keys.map(({ key }) => key.charAt(16 + place))))
    for (const seen of places) expect(seen.size).toBeGreaterThan(50)
  })

  it('tells every single typo from the text alone', () => {
    const { key } = newKey()
    for (let place = 3; place < key.length; place++) {
      const other = key.charAt(place) === 'x' ? 'y' : 'x'
      expect(readKey(key.slice(0, place) + other + key.slice(place + 1)), String(place)).toBe('mistyped')
    }
    const swapped = [...key].toSpliced(20, 2, ...[key.charAt(21), key.charAt(20)]).join('')
    if (swapped !== key) expect(readKey(swapped)).toBe('mistyped')
    for (const cut of [key.slice(0, -1), `${key}x`, `${key} `, ` ${key}`.trimStart().toLowerCase(), 'gh_'])
      expect(readKey(cut), cut).toBe('mistyped')
  })

  it('leaves what is no key of ours to others', () => {
    for (const text of ['', 'secret', 'ghp_16C7e42F292c6912E7710c838347Ae178B4a', 'GH_x', ` ${newKey().key}`])
      expect(readKey(text), text).toBeUndefined()
  })
})
