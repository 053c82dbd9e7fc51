import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createVault } from '../../src/config/secrets.ts'

describe('A vault', () => {
  const key = randomBytes(32)
  const vault = createVault([key])
  const sealed = vault.seal('a secret, só geheim', 'clients/app/secret')

  it('opens what it sealed', () => {
    expect(vault.open(sealed, 'clients/app/secret')).toBe('a secret, só geheim')
    expect(vault.open(vault.seal('', 'here'), 'here')).toBe('')
  })

  it('says nothing of the secret, and seals it differently each time', () => {
    expect(sealed).toMatch(/^v1\.[\w-]{8}\.[\w-]{16}\.[\w-]+$/)
    expect(sealed).not.toContain('secret')
    expect(vault.seal('a secret, só geheim', 'clients/app/secret')).not.toBe(sealed)
  })

  it('does not open a value that was moved to another row or member', () => {
    expect(() => vault.open(sealed, 'clients/web/secret')).toThrow('altered or belongs elsewhere')
  })

  it('does not open a value of which any part was altered', () => {
    const parts = sealed.split('.')
    const flip = (part: string) => (part.startsWith('A') ? 'B' : 'A') + part.slice(1)
    for (const [index, part] of parts.entries()) {
      const altered = parts.with(index, flip(part)).join('.')
      expect(() => vault.open(altered, 'clients/app/secret'), altered).toThrow('clients/app/secret')
    }
    for (const shortened of ['', 'v1', 'v1..', sealed.slice(0, -2), `${sealed}.x`, 'v1.AAAAAAAA.AAAA.AAAA']) {
      expect(() => vault.open(shortened, 'clients/app/secret'), shortened).toThrow('clients/app/secret')
    }
  })

  it('opens with an old key what it seals with a new one, until the old key goes', () => {
    const next = randomBytes(32)
    const rotated = createVault([next, key])
    expect(rotated.open(sealed, 'clients/app/secret')).toBe('a secret, só geheim')
    const resealed = rotated.seal('again', 'here')
    expect(createVault([next]).open(resealed, 'here')).toBe('again')
    expect(() => vault.open(resealed, 'here')).toThrow('not configured')
    expect(() => createVault([next]).open(sealed, 'clients/app/secret')).toThrow('not configured')
  })

  it('never tells a secret or a key in its errors', () => {
    expect(() => createVault([randomBytes(32)]).open(sealed, 'here')).toThrow(
      expect.not.stringContaining(key.toString('base64')),
    )
  })

  it('wants keys of 32 bytes, and at least one', () => {
    expect(() => createVault([])).toThrow('At least one')
    expect(() => createVault([randomBytes(16)])).toThrow('32 bytes')
  })
})
