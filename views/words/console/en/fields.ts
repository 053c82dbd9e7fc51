/** What settings of sources are called in forms. One that is not here has its own name and the schema's description. */
interface FieldWords {
  readonly label: string
  readonly help?: string
  readonly placeholder?: string
}

const sources: Readonly<Record<string, FieldWords>> = {
  alias: { label: 'Alias', help: 'Part of the addresses that the other side needs, and of tokens. It never changes.' },
  name: { label: 'Name', help: 'What people read when they choose where to sign in.' },
  description: { label: 'Description', help: 'For administrators: whose source it is, and what for.' },
  enabled: { label: 'Switched on' },
  hidden: { label: 'Not offered when people choose', help: 'Still reached by a hint or an e-mail domain.' },
  domains: {
    label: 'E-mail domains',
    help: 'People with such an address are sent straight here.',
    placeholder: 'acme.com',
  },
  'config.issuer': {
    label: 'Issuer',
    help: 'Exactly as the discovery document of the provider has it, with or without a slash at the end.',
    placeholder: 'https://acme.okta.com',
  },
  'config.client_id': { label: 'Client ID', help: 'The other console shows it once the application is registered.' },
  'config.client_secret': { label: 'Client secret', help: 'Kept encrypted and never shown again.' },
  'config.client_secret_expires_at': {
    label: 'Client secret expires',
    help: 'When the provider stops accepting it, so that you are warned in time. With a time zone: 2027-01-31T12:00:00Z.',
  },
  'config.token_endpoint_auth_method': {
    label: 'How we prove who we are',
    help: 'client_secret_basic is what most providers expect.',
  },
  'config.private_key_jwk': { label: 'Private key (JWK)', help: 'For private_key_jwt only.' },
  'config.scopes': { label: 'Scopes', help: 'What we ask for; openid must be among them.' },
  'config.userinfo': { label: 'Ask the userinfo endpoint as well' },
  'config.id_token_signed_response_alg': { label: 'Signature of ID tokens', help: 'The one algorithm we accept.' },
  'config.clock_tolerance': { label: 'Clock tolerance (seconds)', help: 'How far their clock may be from ours.' },
  'config.acr_values': {
    label: 'Levels of assurance',
    help: 'Best first; asked for when the application asks for none.',
  },
  'config.reauthentication': {
    label: 'When a fresh login is required',
    help: 'auth_time: demand proof of when it was. trust: believe that they asked again.',
  },
  'config.upstream_logout': { label: 'Signing out here signs out there as well' },
  'config.group_overage': {
    label: 'When there are too many groups for a token',
    help: 'refuse, or ask Microsoft Graph for them.',
  },
  'config.microsoft_graph': { label: 'Address of Microsoft Graph', help: 'Known by itself for the usual clouds.' },
  'config.extra_parameters': { label: 'Further parameters of the sign-in request' },
  'config.allow_private_addresses': {
    label: 'The provider may be in a private network',
    help: 'Then plain http is allowed as well. Never for a provider on the internet.',
  },
  'config.jwks_uri': { label: 'Address of the keys', help: 'When there is no discovery document.' },
  'config.jwks': { label: 'The keys themselves (JWK Set)', help: 'Instead of an address.' },
  'config.public_key': {
    label: 'The keys themselves (PEM)',
    help: 'Public keys or certificates, instead of an address.',
  },
  'config.shared_secret': {
    label: 'Shared secret',
    help: 'What the issuer signs with (HS256 and the like), instead of keys.',
  },
  'config.algorithms': { label: 'Algorithms that are accepted', help: 'None: RS256, or HS256 with a shared secret.' },
  'config.audiences': {
    label: 'Audiences',
    help: 'A token must be meant for one of them. None: the audience of the API counts.',
  },
  'config.user_claim': { label: 'Claim that names the user', help: 'Without it in a token, its sub counts.' },
  'config.introspection_endpoint': {
    label: 'Introspection address',
    help: 'For tokens that are not JWTs; without it they are not accepted.',
  },
  'config.introspection_client_id': { label: 'Client ID to ask with' },
  'config.introspection_client_secret': { label: 'Client secret to ask with' },
  'config.ca_certificates': {
    label: 'Authorities',
    help: 'Whose certificates are trusted: PEM, one after the other.',
  },
  'config.intermediate_certificates': {
    label: 'Authorities in between',
    help: 'PEM; for gateways that pass on no chain. Not trusted by themselves.',
  },
  'config.subjects': {
    label: 'Subjects that are accepted',
    help: 'Patterns such as CN=*,OU=Partners,O=Acme. None: everybody the authorities vouch for.',
  },
  'config.thumbprints': { label: 'Only these certificates', help: 'By their SHA-256. None: any.' },
  'config.user_id': { label: 'What identifies the caller' },
  'config.groups': { label: 'Groups', help: 'Of everybody who comes through this source.' },
  'config.organizational_units_as_groups': { label: 'The subject’s OUs are groups, too' },
  'config.extended_key_usage': {
    label: 'Whether a certificate must say that it is for clients',
    help: 'With clientAuth: always (required), or only if it states its use at all (if_present).',
  },
  'config.crls': { label: 'Revocation lists (PEM)' },
  'config.crl_urls': { label: 'Where revocation lists are fetched', help: 'In DER or PEM.' },
  'config.crl_refresh': { label: 'Fetch them again after (seconds)' },
  'config.crl_stale': {
    label: 'How long an outdated list is still used (seconds)',
    help: 'After its nextUpdate, while there is no newer one.',
  },
  'config.crl_unknown': {
    label: 'If no current list covers a certificate',
    help: 'Answer that nobody can tell (refuse: 503), or let it pass (accept).',
  },
  'mapping.attributes': {
    label: 'Claims',
    help: 'Our claim = their claim, or a path such as address.country.',
    placeholder: 'department = org.unit',
  },
  'mapping.groups.claim': { label: 'Their claim with the groups' },
  'mapping.groups.filter': {
    label: 'Groups that are kept',
    help: 'A regular expression (RE2) that the whole name must match.',
  },
  'mapping.roles': { label: 'Roles', help: 'Without a group, everybody who comes through this source has the role.' },
  'mapping.roles.when_group': { label: 'Who is in the group' },
  'mapping.roles.role': { label: 'has the role' },
  'mapping.roles.client': { label: 'of the client or API' },
  'mapping.trust_email': {
    label: 'Trust them that an e-mail address is verified',
    help: 'Only for a source that checks addresses itself.',
  },
}

export const fields = { sources }
