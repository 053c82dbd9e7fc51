import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { algorithmsOf, JwtConfig } from '../../src/connectors/jwt/config.ts'

const issuer = 'https://acme.okta.com/oauth2/default'
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const pem = String(rsa.publicKey.export({ format: 'pem', type: 'spki' }))
const jwk = rsa.publicKey.export({ format: 'jwk' })
const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey
const secret = 'thirty-two bytes are what it takes'

const problems = (config: unknown) =>
  JwtConfig.safeParse(config).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? []

describe('the settings of a JWT source', () => {
  it('need an issuer only, and then read its discovery document', () => {
    expect(JwtConfig.parse({ issuer })).toEqual({
      issuer,
      audiences: [],
      user_claim: 'preferred_username',
      clock_tolerance: 15,
      allow_private_addresses: false,
    })
  })

  it('name RS256, or HS256 where there is a secret, unless they name others', () => {
    expect(algorithmsOf({})).toEqual(['RS256'])
    expect(algorithmsOf({ shared_secret: secret })).toEqual(['HS256'])
    expect(algorithmsOf({ algorithms: ['ES256', 'EdDSA'] })).toEqual(['ES256', 'EdDSA'])
  })

  it('go back to preferred_username when the user claim is emptied', () => {
    expect(JwtConfig.parse({ issuer, user_claim: '' }).user_claim).toBe('preferred_username')
  })

  it.each<[string, Record<string, unknown>]>([
    ['a key set', { issuer: 'acme', jwks: { keys: [jwk] } }],
    ['a key as PEM', { issuer: 'acme', public_key: pem }],
    ['two keys as PEM', { issuer: 'acme', public_key: `${pem}\n${pem}` }],
    ['an address of keys', { issuer: 'acme', jwks_uri: 'https://acme.example/keys?v=1' }],
    ['a secret', { issuer: 'acme', shared_secret: secret }],
    ['keys of a curve', { issuer: 'acme', jwks: { keys: [edwards()] }, algorithms: ['EdDSA'] }],
  ])('take %s, and then any text for the issuer', (_, config) => {
    expect(problems(config)).toEqual([])
  })

  it.each<[string, Record<string, unknown>, string[]]>([
    ['no URL to discover', { issuer: 'acme' }, [expect.stringMatching(/^issuer: Must be a URL, or say where/)]],
    ['plain http', { issuer: 'http://acme.example' }, [expect.stringMatching(/^issuer: Must begin with https/)]],
    ['a template', { issuer: 'https://x.example/{tenantid}' }, [expect.stringMatching(/^issuer: Expected one tenant/)]],
    [
      'two kinds of keys',
      { issuer, public_key: pem, shared_secret: secret },
      [expect.stringMatching(/^shared_secret: Only one/)],
    ],
    [
      'HMAC with public keys',
      { issuer, algorithms: ['RS256', 'HS256'] },
      ['algorithms: Only with shared_secret: not HS256'],
    ],
    [
      'signatures with a secret',
      { issuer, shared_secret: secret, algorithms: ['HS256', 'RS256'] },
      [expect.stringMatching(/not RS256$/)],
    ],
    ['a short secret', { issuer, shared_secret: 'hunter2' }, [expect.stringMatching(/^shared_secret: Needs 32 bytes/)]],
    [
      'a secret that is short for HS512',
      { issuer, shared_secret: secret, algorithms: ['HS512'] },
      [expect.stringMatching(/Needs 64/)],
    ],
    ['a public key for a secret', { issuer, shared_secret: pem }, [expect.stringMatching(/^shared_secret: Is a key/)]],
    [
      'a private key',
      { issuer, jwks: { keys: [rsa.privateKey.export({ format: 'jwk' })] } },
      ['jwks: Expected public keys'],
    ],
    [
      'a private key as PEM',
      { issuer, public_key: rsa.privateKey.export({ format: 'pem', type: 'pkcs8' }) },
      ['public_key: Expected public keys'],
    ],
    ['a secret in a key set', { issuer, jwks: { keys: [{ kty: 'oct', k: 'AAAA' }] } }, ['jwks: Expected public keys']],
    [
      'no key for its algorithms',
      { issuer, public_key: pem, algorithms: ['ES256'] },
      [expect.stringMatching(/no key for ES256/)],
    ],
    ['a weak key', { issuer, jwks: { keys: [weak.export({ format: 'jwk' })] } }, [expect.stringMatching(/2048 bits/)]],
    ['none as an algorithm', { issuer, algorithms: ['none'] }, [expect.stringMatching(/^algorithms\.0/)]],
    ['an audience twice', { issuer, audiences: ['a', 'a'] }, ['audiences: Must name each audience once']],
    ['a long audience', { issuer, audiences: ['a'.repeat(256)] }, [expect.stringMatching(/^audiences\.0/)]],
    [
      'half an introspection',
      { issuer, introspection_endpoint: 'https://acme.example/i', introspection_client_id: 'x' },
      ['introspection_client_secret: Required with introspection_endpoint'],
    ],
    [
      'credentials for nothing',
      { issuer, introspection_client_id: 'x' },
      ['introspection_client_id: Not used without introspection_endpoint'],
    ],
    ['an unknown member', { issuer, audience: 'x' }, [': Unrecognized key: "audience"']],
  ])('refuse %s', (_, config, expected) => {
    expect(problems(config)).toEqual(expected)
  })
})

function edwards() {
  return generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' })
}
