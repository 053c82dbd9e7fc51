/** What the OpenID provider's own library says of a client's metadata, after everything of ours was satisfied. */
import type { ProblemWords } from '../problems.ts'

export const provider: readonly ProblemWords[] = [
  ['{} must be a non-negative integer', '{1} muss eine ganze Zahl von 0 an sein'],
  ['{} must contain members', '{1} darf nicht leer sein'],
  [
    'jwks and jwks_uri must not be used at the same time',
    'jwks und jwks_uri schließen einander aus',
    'give either jwks or jwks_uri',
  ],
  [
    'jwks or jwks_uri is mandatory for this client',
    'dieser Client braucht jwks oder jwks_uri',
    'this client needs jwks or jwks_uri',
  ],
  ['{} must be an array', '{1} muss eine Liste sein', '{1} must be a list'],
  ['{} must be a boolean', '{1} muss ja oder nein sein', '{1} must be yes or no'],
  ['{} must only contain strings', '{1} darf nur Texte enthalten', '{1} must have texts only'],
  ['{} must be a non-empty string if provided', '{1} darf nicht leer sein', '{1} must not be empty'],
  ['{} must include the value of provided {}', '{1} muss den Wert von {2} enthalten'],
  ['{} includes no supported values', '{1} enthält nichts, was es hier gibt', '{1} has nothing that is known here'],
  ['{} is mandatory property', '{1} wird gebraucht', '{1} is needed'],
  [
    '{} is mandatory property when {} is provided',
    '{1} wird gebraucht, wo {2} angegeben ist',
    '{1} is needed where {2} is given',
  ],
  [
    '{} has no values supported by this authorization server',
    'für {1} gibt es hier keinen Wert',
    'there is no value for {1} here',
  ],
  ['{} can only contain {}', '{1} darf nur dies enthalten: {2}'],
  ['{} must be {}', '{1} muss dies sein: {2}'],
  ['{} must be empty (no values are allowed)', '{1} muss leer sein'],
  ['{} must not be provided (no values are allowed)', '{1} darf nicht angegeben werden'],
  ['{} must only contain {} uris', '{1} darf nur Adressen dieser Art enthalten: {2}'],
  ['{} must be a {} uri', '{1} muss eine Adresse dieser Art sein: {2}'],
  ['{} must not contain fragments', '{1} darf kein Fragment haben'],
  [
    '{} for native clients using http as a protocol can only use loopback addresses as hostnames',
    'mit http darf {1} einer installierten Anwendung nur auf den eigenen Rechner zeigen',
    'with http, {1} of a native app can only lead to the same device',
  ],
  [
    '{} for native clients using claimed HTTPS URIs must not be using {} as hostname',
    'mit https darf {1} einer installierten Anwendung nicht auf {2} zeigen',
    'with https, {1} of a native app must not lead to {2}',
  ],
  ['{} must not use the {} URI scheme', '{1} darf nicht mit {2}: beginnen', '{1} must not begin with {2}:'],
  ['contacts can only contain email addresses', 'contacts darf nur E-Mail-Adressen enthalten'],
  [
    'scope must only contain Authorization Server supported scope values',
    'scope darf nur Scopes enthalten, die es hier gibt',
    'scope must have only scopes that are known here',
  ],
  ['invalid {} value', 'der Wert von {1} ist ungültig'],
]
