/**
 * What can be added, by the names under which people look for it: each a use of a connector, with what the other console
 * calls our values. What is written over there is quoted as it stands there. A connector that none of these uses is
 * offered by itself.
 */
import type { SourceType } from '../connector.ts'

export interface Provider {
  /** In addresses of the console. */
  readonly key: string
  readonly name: string
  readonly type: SourceType
  readonly alias: string
  /** Where over there: the way through the menus. */
  readonly way?: string
  /** What over there our addresses are called; what has no name there is not wanted. */
  readonly fields?: { readonly callback: string; readonly postLogout?: string; readonly backchannel?: string }
  /** What else is to be set over there. */
  readonly settings?: readonly (readonly [field: string, value: string])[]
  readonly issuer?: string
  readonly config?: Readonly<Record<string, unknown>>
  readonly mapping?: Readonly<Record<string, unknown>>
}

const withGroups = ['openid', 'profile', 'email', 'groups']

export const providers: readonly Provider[] = [
  {
    ...{ key: 'okta', name: 'Okta', type: 'oidc', alias: 'Okta' },
    way: 'Applications › Create App Integration › OIDC - OpenID Connect › Web Application',
    fields: { callback: 'Sign-in redirect URIs', postLogout: 'Sign-out redirect URIs' },
    settings: [
      ['Grant type', 'Authorization Code'],
      ['Groups claim filter', 'groups · Matches regex · .*'],
    ],
    issuer: 'https://acme.okta.com',
    config: { scopes: withGroups },
  },
  {
    ...{ key: 'entra', name: 'Microsoft Entra ID', type: 'oidc', alias: 'Entra' },
    way: 'Identity › Applications › App registrations › New registration',
    fields: { callback: 'Redirect URI (Web)', postLogout: 'Redirect URI (Web), a second one' },
    settings: [
      ['Supported account types', 'Accounts in this organizational directory only'],
      ['Token configuration › Add groups claim', 'Groups assigned to the application'],
    ],
    issuer: 'https://login.microsoftonline.com/{tenant id}/v2.0',
  },
  {
    ...{ key: 'google', name: 'Google', type: 'oidc', alias: 'Google' },
    way: 'APIs & Services › Credentials › Create credentials › OAuth client ID',
    fields: { callback: 'Authorized redirect URIs' },
    settings: [
      ['Application type', 'Web application'],
      ['User type', 'Internal'],
    ],
    issuer: 'https://accounts.google.com',
    config: { issuer: 'https://accounts.google.com', reauthentication: 'trust' },
    mapping: { trust_email: true },
  },
  {
    ...{ key: 'auth0', name: 'Auth0', type: 'oidc', alias: 'Auth0' },
    way: 'Applications › Create Application › Regular Web Applications › Settings',
    fields: {
      ...{ callback: 'Allowed Callback URLs', postLogout: 'Allowed Logout URLs' },
      backchannel: 'OpenID Connect Back-Channel Logout › Logout URI',
    },
    settings: [
      ['JsonWebToken Signature Algorithm', 'RS256'],
      ['Authentication Method', 'Client Secret (Basic)'],
    ],
    issuer: 'https://acme.eu.auth0.com/',
  },
  {
    ...{ key: 'keycloak', name: 'Keycloak', type: 'oidc', alias: 'Keycloak' },
    way: 'Clients › Create client › OpenID Connect',
    fields: {
      ...{ callback: 'Valid redirect URIs', postLogout: 'Valid post logout redirect URIs' },
      backchannel: 'Backchannel logout URL',
    },
    settings: [
      ['Client authentication', 'On'],
      ['Authentication flow', 'Standard flow'],
      ['Add mapper › Group Membership', 'groups · Full group path: Off'],
    ],
    issuer: 'https://keycloak.acme.com/realms/acme',
  },
  {
    ...{ key: 'oidc', name: 'OpenID Connect', type: 'oidc', alias: 'oidc' },
    fields: {
      ...{ callback: 'redirect_uris', postLogout: 'post_logout_redirect_uris' },
      backchannel: 'backchannel_logout_uri',
    },
    settings: [['grant_types', 'authorization_code']],
    issuer: 'https://id.example.com',
  },
  { key: 'local', name: 'local', type: 'local', alias: 'staff' },
  { key: 'jwt', name: 'JWT', type: 'jwt', alias: 'tokens' },
  { key: 'certificate', name: 'X.509', type: 'certificate', alias: 'machines' },
]

/** Those that this version has a connector for, and what connectors bring that nobody has described here. */
export function providersFor(types: readonly SourceType[]): readonly Provider[] {
  const described = providers.filter(({ type }) => types.includes(type))
  const others = types.filter((type) => !described.some((provider) => provider.type === type))
  return [...described, ...others.map((type) => ({ key: type, name: type, type, alias: type }))]
}
