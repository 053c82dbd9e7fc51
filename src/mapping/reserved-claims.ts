/**
 * Claims whose meaning the broker itself vouches for. No source and no administrator may set them by mapping
 * an upstream claim onto them: what a token says about itself, about the session, and what a person may do.
 */
export const reservedClaims: ReadonlySet<string> = new Set([
  // JWT and token types: RFC 7519 §4.1, RFC 7800, RFC 8417, RFC 8693, RFC 9396
  ...[
    'iss',
    'sub',
    'aud',
    'exp',
    'iat',
    'nbf',
    'jti',
    'typ',
    'cnf',
    'act',
    'may_act',
    'events',
    'txn',
    'authorization_details',
  ],
  // the login and its session: OpenID Connect Core §2
  ...['azp', 'nonce', 'acr', 'amr', 'auth_time', 'at_hash', 'c_hash', 's_hash', 'sub_jwk'],
  ...['sid', 'session_state', 'client_session', 'identity_provider_alias'],
  // the client
  ...['client_id', 'scope', 'allowed-origins', 'trusted-certs'],
  // what a person may do: only group and role rules decide (SEC-081); RFC 9068 §2.2.3.1
  ...['realm_access', 'resource_access', 'groups', 'roles', 'entitlements', 'permissions', 'authorization'],
  // claims kept elsewhere: OpenID Connect Core §5.6.2
  ...['_claim_names', '_claim_sources', 'hasgroups'],
  // members of an introspection answer: RFC 7662 §2.2
  ...['active', 'username', 'token_type'],
  // not claims at all, but names with a meaning to JavaScript
  ...['__proto__', 'constructor', 'prototype'],
])
