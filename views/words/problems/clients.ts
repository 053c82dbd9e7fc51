/** What is said of a client's registration. */
import type { ProblemWords } from '../problems.ts'

export const clients: readonly ProblemWords[] = [
  ['must have no fragment', 'darf kein Fragment haben'],
  [
    'must have no wildcard: redirect URIs are compared character by character',
    'darf keinen Platzhalter haben: Redirect-URIs werden Zeichen für Zeichen verglichen',
  ],
  ['must have no wildcard', 'darf keinen Platzhalter haben'],
  ['must be https, or http on loopback', 'muss https sein, oder http auf diesem Rechner (localhost)'],
  ['must be https', 'muss https sein'],
  ['must be an origin and nothing else, such as {}', 'muss ein Origin sein und nichts weiter, etwa {1}'],
  ['must have at most 2000 characters', 'darf höchstens 2000 Zeichen haben'],
  [
    'must be a URI in ASCII, everything else percent-encoded',
    'muss eine URI in ASCII sein, alles andere kodiert (%C3%A4)',
  ],
  ['must have no user name and no password', 'darf weder Benutzernamen noch Passwort enthalten'],
  [
    'must be https, http on loopback, or have a private-use scheme such as com.example.app:/callback (RFC 8252 §7.1)',
    'muss https sein, http auf diesem Rechner, oder ein eigenes Schema haben, etwa com.example.app:/callback (RFC 8252 §7.1)',
  ],
  ['must have public keys only', 'darf nur öffentliche Schlüssel enthalten'],
  ['must be scopes with one blank between them', 'müssen Scopes mit je einem Leerzeichen dazwischen sein'],
  [
    'must be printable ASCII without blanks, beginning with a letter or digit',
    'muss druckbares ASCII ohne Leerzeichen sein und mit einem Buchstaben oder einer Ziffer beginnen',
  ],
  ['must be printable ASCII without blanks', 'muss druckbares ASCII ohne Leerzeichen sein'],
  ['must name at least one, for authorization_code', 'für authorization_code muss eine genannt sein'],
  [
    'must be code exactly when grant_types has authorization_code',
    'muss code sein, genau wenn grant_types authorization_code enthält',
  ],
  [
    'client_credentials needs a client that authenticates',
    'client_credentials braucht einen Client, der sich ausweist',
  ],
  [
    'must be true for a client that does not authenticate',
    'muss eingeschaltet sein für einen Client, der sich nicht ausweist',
  ],
  ['needs a client that authenticates', 'braucht einen Client, der sich ausweist'],
  ['is of no use with this token_endpoint_auth_method', 'wird mit dieser token_endpoint_auth_method nicht gebraucht'],
  ['private_key_jwt needs jwks or jwks_uri', 'private_key_jwt braucht jwks oder jwks_uri'],
  [
    'must have a key that private_key_jwt can be signed with, by its kty, crv, alg and use',
    'muss einen Schlüssel enthalten, mit dem private_key_jwt unterschrieben werden kann, nach kty, crv, alg und use',
  ],
  ['is the audience of an API', 'ist der Empfänger (aud) einer API'],
  ['belongs to the application {}: change it at applications/{}', 'gehört zur Anwendung {1}: Ändern Sie ihn dort'],
  ['is one that needs no secret', 'braucht kein Secret'],
  ['cannot be given together with jwks', 'geht nicht zusammen mit jwks'],
  [
    'cannot be given together with tls_client_certificate_bound_access_tokens',
    'geht nicht zusammen mit tls_client_certificate_bound_access_tokens',
  ],
]
