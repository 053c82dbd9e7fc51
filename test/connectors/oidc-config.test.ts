import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { OidcConfig } from '../../src/connectors/oidc/config.ts'

const okta = { issuer: 'https://acme.okta.com', client_id: 'gatehouse', client_secret: 'a-secret' }
const privateKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' })
const { d: _, ...publicKey } = privateKey

const problems = (config: unknown) =>
  OidcConfig.safeParse(config).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? []

describe('the settings of an OpenID Connect source', () => {
  it('need little', () => {
    expect(OidcConfig.parse(okta)).toEqual({
      ...okta,
      token_endpoint_auth_method: 'client_secret_basic',
      scopes: ['openid', 'profile', 'email'],
      userinfo: true,
      id_token_signed_response_alg: 'RS256',
      clock_tolerance: 15,
      reauthentication: 'auth_time',
      upstream_logout: true,
      extra_parameters: {},
      group_overage: 'refuse',
      allow_private_addresses: false,
    })
  })

  it('keep the issuer letter by letter', () => {
    for (const issuer of ['https://acme.okta.com', 'https://acme.okta.com/', 'https://ACME.okta.com/oauth2/default']) {
      expect(OidcConfig.parse({ ...okta, issuer }).issuer).toBe(issuer)
    }
  })

  it.each<[string, Record<string, unknown>, string[]]>([
    ['what is no URL', { ...okta, issuer: 'not a url' }, ['issuer: Invalid URL']],
    ['an unknown member', { ...okta, clientId: 'x' }, [': Unrecognized key: "clientId"']],
    [
      'plain http',
      { ...okta, issuer: 'http://idp.test' },
      ['issuer: Must begin with https:// (or set allow_private_addresses)'],
    ],
    [
      'plain http to a public address',
      { ...okta, issuer: 'http://8.8.8.8', allow_private_addresses: true },
      ['issuer: Plain http is for loopback and private addresses'],
    ],
    [
      'a query',
      { ...okta, issuer: 'https://acme.okta.com/?a=b' },
      ['issuer: Must have no credentials, query or fragment'],
    ],
    [
      'credentials',
      { ...okta, issuer: 'https://me:pw@acme.okta.com' },
      ['issuer: Must have no credentials, query or fragment'],
    ],
    [
      'the template of all tenants',
      { ...okta, issuer: 'https://login.microsoftonline.com/{tenantid}/v2.0' },
      ["issuer: Expected one tenant's own issuer, not a template for all tenants"],
    ],
    [
      'no secret',
      { issuer: okta.issuer, client_id: 'x' },
      ['client_secret: Required with token_endpoint_auth_method client_secret_basic'],
    ],
    [
      'a secret and a key',
      { ...okta, private_key_jwk: privateKey },
      ['private_key_jwk: Not used with token_endpoint_auth_method client_secret_basic'],
    ],
    [
      'a secret where a key belongs',
      { ...okta, token_endpoint_auth_method: 'private_key_jwt' },
      [
        'client_secret: Not used with token_endpoint_auth_method private_key_jwt',
        'private_key_jwk: Required with token_endpoint_auth_method private_key_jwt',
      ],
    ],
    [
      'a secret nobody asks for',
      { ...okta, token_endpoint_auth_method: 'none' },
      ['client_secret: Not used with token_endpoint_auth_method none'],
    ],
    [
      'a public key',
      {
        issuer: okta.issuer,
        client_id: 'x',
        token_endpoint_auth_method: 'private_key_jwt',
        private_key_jwk: publicKey,
      },
      ['private_key_jwk: Expected a private key'],
    ],
    ...(
      [
        ['a key for encryption', { ...privateKey, use: 'enc' }, 'Expected a key for signing (use, key_ops)'],
        ['a key to verify with', { ...privateKey, key_ops: ['verify'] }, 'Expected a key for signing (use, key_ops)'],
        ['the algorithm of another key', { ...privateKey, alg: 'RS256' }, 'alg does not fit the key'],
        [
          'a key on another curve',
          generateKeyPairSync('x25519').privateKey.export({ format: 'jwk' }),
          'Expected an EC key on P-256, P-384 or P-521, or an Ed25519 key',
        ],
      ] as const
    ).map(([what, key, problem]): [string, Record<string, unknown>, string[]] => [
      what,
      {
        ...{ issuer: okta.issuer, client_id: 'x' },
        token_endpoint_auth_method: 'private_key_jwt',
        private_key_jwk: key,
      },
      [`private_key_jwk: ${problem}`],
    ]),
    ['scopes without openid', { ...okta, scopes: ['profile'] }, ['scopes: Must include openid']],
    [
      'a parameter of the protocol',
      { ...okta, extra_parameters: { state: 'x' } },
      ['extra_parameters.state: The broker sets this parameter itself'],
    ],
  ])('refuse %s, and say where', (_, config, expected) => {
    expect(problems(config)).toEqual(expected)
  })

  it.each(['none', 'HS256', 'HS512'])('SEC-041 offer no algorithm like %s', (alg) => {
    expect(problems({ ...okta, id_token_signed_response_alg: alg })).toHaveLength(1)
  })

  it('describe every member, for the form and the documentation', () => {
    const schema = z.toJSONSchema(OidcConfig, { io: 'input' })
    for (const [name, member] of Object.entries(schema.properties ?? {})) {
      expect(member, name).toHaveProperty('description')
    }
  })
})
