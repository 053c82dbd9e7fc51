/** The OpenID provider's own opinion of a client's metadata, before the client is kept. */
import { randomBytes } from 'node:crypto'
import { errors, type Provider } from 'oidc-provider'
import type { Client } from '../clients/client.ts'
import type { Config } from '../config/schema.ts'
import { Refusal } from '../errors.ts'
import { createCookieKeys } from '../http/cookie-keys.ts'
import { newKeyPair } from '../keys/key-pair.ts'
import { toRecord } from './client-records.ts'
import { cookieSettings } from './cookies.ts'
import { createProvider } from './provider.ts'

/** Rejects with `invalid_input` unless the provider will accept the client as it is. */
export async function validateBy(provider: Provider, client: Client): Promise<void> {
  try {
    // The static method is part of the library's documented surface; its types leave it out.
    const model = provider.Client as unknown as { validate(metadata: object): Promise<void> }
    await model.validate(toRecord(client))
  } catch (error) {
    throw error instanceof errors.OIDCProviderError ? invalidMetadata(error) : error
  }
}

/** For whoever changes clients without being the broker: a provider that judges them and can do nothing else. */
export function createClientValidator(config: Config): (client: Client) => Promise<void> {
  let provider: Promise<Provider> | undefined
  return async (client) => {
    provider ??= judge(config)
    await validateBy(await provider, client)
  }
}

async function judge(config: Config): Promise<Provider> {
  const never = () => {
    throw new Error('This provider only judges clients')
  }
  // Which algorithms a client may ask for follows from the keys there are.
  const { privateJwk: key } = await newKeyPair()
  return createProvider({
    config,
    keys: { active: key, all: [key], verifiers: new Map() },
    cookies: cookieSettings(new URL(config.issuer)),
    cookieKeys: createCookieKeys([]),
    nonceSecret: randomBytes(32),
    customClaims: [],
    resources: { defaultResource: never, getResourceServerInfo: never },
    mayIntrospect: never,
    getCertificate: never,
    http: { fetch: never },
    adapter: never,
    findAccount: never,
    loadGrant: never,
    writeAccessToken: never,
    renderError: never,
    logout: { logoutSource: never, postLogoutSuccessSource: never },
  })
}

/** The library's sentence names the member it does not like. */
function invalidMetadata(cause: errors.OIDCProviderError): Refusal {
  const message = cause.error_description ?? cause.message
  const [path = ''] = /\b[a-z]+(?:_[a-z]+)+\b|^(?:scope|contacts)\b/.exec(message) ?? []
  return new Refusal('invalid_input', message, { problems: [{ path, message }], cause })
}
