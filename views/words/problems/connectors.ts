/** What connectors say of a source's settings. */
import type { ProblemWords } from '../problems.ts'

export const connectors: readonly ProblemWords[] = [
  [
    "Expected one tenant's own issuer, not a template for all tenants",
    'muss der eigene Issuer eines Mandanten sein, keine Vorlage für alle',
  ],
  ['Must have no credentials, query or fragment', 'darf weder Zugangsdaten noch Query noch Fragment enthalten'],
  ['Must have no credentials', 'darf keine Zugangsdaten enthalten'],
  [
    'Must begin with https:// (or set allow_private_addresses)',
    'muss mit https:// beginnen, außer „Der Anbieter darf in einem privaten Netz stehen“ ist angekreuzt',
    'must begin with https://, unless “The provider may be in a private network” is ticked under Further settings',
  ],
  [
    'Plain http is for loopback and private addresses',
    'einfaches http gibt es nur auf diesem Rechner und in privaten Netzen',
  ],
  ['Expected one scope, without spaces', 'muss ein einzelner Scope sein, ohne Leerzeichen'],
  ['Must include openid', 'der Scope openid muss dabei sein'],
  ['Expected one value, without spaces', 'muss ein einzelner Wert sein, ohne Leerzeichen'],
  ['Not used with token_endpoint_auth_method {}', 'wird mit {1} nicht gebraucht'],
  ['Required with token_endpoint_auth_method {}', 'wird mit {1} gebraucht'],
  ['The broker sets this parameter itself', 'diesen Parameter setzt der Broker selbst'],
  ['Not used with group_overage refuse', 'wird nur gebraucht, um Microsoft Graph zu fragen'],
  [
    'Required, since the issuer is none of the clouds of Microsoft',
    'wird gebraucht, weil der Aussteller keine der Clouds von Microsoft ist',
  ],
  ['RSA keys need 2048 bits or more', 'RSA-Schlüssel brauchen mindestens 2048 Bit'],
  ['Expected a private key', 'muss ein privater Schlüssel sein'],
  ['Expected a key for signing (use, key_ops)', 'muss ein Schlüssel zum Signieren sein (use, key_ops)'],
  [
    'Expected an EC key on P-256, P-384 or P-521, or an Ed25519 key',
    'muss ein EC-Schlüssel auf P-256, P-384 oder P-521 oder ein Ed25519-Schlüssel sein',
  ],
  ['alg does not fit the key', 'alg passt nicht zum Schlüssel'],
  ['Expected a revocation list in PEM (BEGIN X509 CRL)', 'muss eine Sperrliste in PEM sein (BEGIN X509 CRL)'],
  [
    'Expected the SHA-256 of the certificate: 64 lower-case hexadecimal digits',
    'muss der SHA-256 des Zertifikats sein: 64 hexadezimale Ziffern in Kleinbuchstaben',
  ],
  [
    'Expected certificates in PEM (BEGIN CERTIFICATE), and nothing else',
    'müssen Zertifikate in PEM sein (BEGIN CERTIFICATE) und nichts anderes',
  ],
  ['{} is no authority (CA:TRUE is missing)', '{1} ist keine Zertifizierungsstelle (CA:TRUE fehlt)'],
  ['One of the certificates cannot be read', 'eines der Zertifikate ist nicht zu lesen'],
  ['Must name each audience once', 'jeder Empfänger darf nur einmal genannt sein'],
  [
    'Must be a URL, or say where the keys are: jwks_uri, jwks, public_key or shared_secret',
    'muss eine URL sein, oder sagen Sie, wo die Schlüssel sind: jwks_uri, jwks, public_key oder shared_secret',
  ],
  ['Only one of {} can be given', 'davon geht nur eines: {1}'],
  [
    'With shared_secret only HS256, HS384 and HS512: not {}',
    'mit einem gemeinsamen Geheimnis gehen nur HS256, HS384 und HS512: nicht {1}',
  ],
  ['Only with shared_secret: not {}', 'nur mit einem gemeinsamen Geheimnis: nicht {1}'],
  [
    'Is a key that others may know: use public_key or jwks',
    'ist ein Schlüssel, den andere kennen dürfen: Er gehört in public_key oder jwks',
  ],
  ['Needs {} bytes or more for the algorithms named', 'braucht für die genannten Verfahren mindestens {1} Bytes'],
  [
    'Has no key for {} (RSA keys need 2048 bits or more)',
    'enthält keinen Schlüssel für {1} (RSA-Schlüssel brauchen mindestens 2048 Bit)',
  ],
  ['Expected public keys', 'müssen öffentliche Schlüssel sein'],
  ['Required with introspection_endpoint', 'wird mit der Adresse für Introspection gebraucht'],
  ['Not used without introspection_endpoint', 'wird ohne die Adresse für Introspection nicht gebraucht'],
]
