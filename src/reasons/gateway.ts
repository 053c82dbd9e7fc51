/** Why a gateway's question, an application's key or a password for an API is no good. */
import type { Reason } from './reason.ts'

export const gateway = {
  api_key_mistyped: {
    status: 401,
    title: 'This is not a complete API key',
    cause: 'It begins like our keys, but its length or its checksum is wrong: it was truncated, mistyped or made up.',
    fix: 'Send the key exactly as it was shown when it was made. If it is lost, make another one.',
  },
  api_key_unknown: {
    status: 401,
    title: 'This API key is not known',
    cause:
      'There is no such key: it was revoked, or its application was removed, or it belongs to another installation.',
    fix: 'Make a key for the application (POST applications/{id}/api-keys) and send that.',
  },
  api_key_expired: {
    status: 401,
    title: 'This API key has expired',
    cause: 'The key has reached its expiry, or it was rotated and the overlap is over.',
    fix: 'Send the key that replaced it, or make another one; rotate keys before they expire.',
  },
  api_key_wrong_api: {
    status: 401,
    title: 'This API key is for another API',
    cause: 'Each key opens one API, and this is not that one.',
    fix: 'Send the key that the application has for this API, or make one.',
  },
  application_disabled_by_publisher: {
    status: 401,
    title: 'This application was switched off by the publisher of the API',
    cause: 'The application is disabled by the publisher, so none of its keys opens anything.',
    fix: 'Only the publisher can undo it (PATCH applications/{id} {"disabled_by_publisher": false}).',
  },
  application_disabled_by_consumer: {
    status: 401,
    title: 'This application was switched off by its owner',
    cause: 'The application is disabled by its owner, so none of its keys opens anything.',
    fix: 'Its owner or the publisher can undo it (PATCH applications/{id} {"disabled_by_consumer": false}).',
  },
  gateway_not_trusted: {
    status: 403,
    title: 'This gateway may not ask',
    cause: 'The question came from a peer that is not in trusted_proxies.',
    fix: "Add the gateway's address to trusted_proxies (GATEHOUSE_TRUSTED_PROXIES), or ask from an address that is there.",
  },
  question_incomplete: {
    status: 403,
    title: 'The gateway did not say what was asked for',
    cause: 'The headers with the host and the path of the original request are missing, or came more than once.',
    fix: 'Compare the configuration of the gateway with its recipe (docs/gateways): it must set them in every check.',
  },
  address_ambiguous: {
    status: 403,
    title: 'This address can be read in more than one way',
    cause:
      'The gateway and the API could differ over what is asked for: dot segments, parameters, doubled or encoded slashes, or different upper and lower case than the API has.',
    fix: 'Send the plain address: no . or .. segments, no ;, no needless encodings, and upper and lower case as in the path_prefix.',
  },
  address_unknown: {
    status: 403,
    title: 'No API is published here',
    cause: 'No API has this host with a path_prefix above this path.',
    fix: "Add the host to the API's hosts, or correct its path_prefix; and see which host the gateway sends.",
  },
  address_unreadable: {
    status: 400,
    title: 'Where the request comes from cannot be read',
    cause: 'A trusted proxy passes on an X-Forwarded-For with something that is not a network address.',
    fix: 'Have the proxy write the address that the request came from, and nothing that callers write.',
  },
  identity_header_forged: {
    status: 403,
    title: 'The request carries a header that only the gateway sets',
    cause: 'A header is spelt so that the API could take it for an X-Auth header, or Connection names one of those.',
    fix: 'Leave such headers out; nobody but the gateway says who calls.',
  },
  credentials_ambiguous: {
    status: 401,
    title: 'The request carries more than one credential of a kind',
    cause:
      'Authorization, X-API-Key or DPoP came more than once, so the gateway and the API could read different ones.',
    fix: 'Send each header once.',
  },
  basic_malformed: {
    status: 401,
    title: 'The user name and the password cannot be read',
    cause:
      'What follows Basic in the Authorization header is not base64 of a user name, a colon and a password in UTF-8 without control characters (RFC 7617).',
    fix: 'Let the HTTP library build the header from the user name and the password.',
  },
  basic_not_accepted: {
    status: 401,
    title: 'The API takes no user names and passwords',
    cause: 'The request carries Authorization: Basic, and the API names no authentication source of type local.',
    fix: "Send an access token, or add a local source to the API's authentication_sources.",
  },
} as const satisfies Record<string, Reason>
