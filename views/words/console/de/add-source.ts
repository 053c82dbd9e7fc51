import type { ConsoleWords } from '../../console.ts'

const providers: ConsoleWords['addSource']['providers'] = {
  okta: { name: 'Okta', what: 'Eine Okta-Organisation mit ihren Gruppen' },
  entra: { name: 'Microsoft Entra ID', what: 'Ein Mandant, früher Azure AD' },
  google: { name: 'Google', what: 'Konten eines Workspace, oder beliebige' },
  auth0: { name: 'Auth0', what: 'Ein Auth0-Mandant' },
  keycloak: { name: 'Keycloak', what: 'Ein Realm von Keycloak' },
  oidc: { name: 'Anderes OpenID Connect', what: 'Jeder Anbieter mit einem Discovery-Dokument' },
  local: { name: 'Lokale Personen', what: 'Personen, deren Kennwörter hier liegen' },
  jwt: { name: 'JWT-Aussteller', what: 'Tokens, die jemand anderes ausstellt, hier geprüft' },
  certificate: { name: 'Client-Zertifikate', what: 'Maschinen und Personen mit einem X.509-Zertifikat' },
}

export const addSource: ConsoleWords['addSource'] = {
  title: 'Quelle hinzufügen',
  lead: 'Drei Schritte. Nichts wird hinterlegt, bevor Sie speichern, und niemand begegnet ihr, bevor Sie sie einschalten.',
  way: 'Schritte',
  steps: { pick: 'Wählen', copy: 'Unsere Werte kopieren', connect: 'Deren Werte einfügen' },
  providers,
  copyTitle: (name) => `${name}: unsere Werte kopieren`,
  copyLead: 'Registrieren Sie Gatehouse dort mit diesen Werten. Daneben steht, wie sie in der anderen Konsole heißen.',
  addresses: 'Adressen zeigen',
  aliasTaken: 'Eine andere Quelle hat diesen Alias.',
  aliasWrong:
    '1 bis 64 Buchstaben, Ziffern, Punkte, Unter- und Bindestriche, am Anfang ein Buchstabe oder eine Ziffer.',
  theirWay: 'Wo',
  theirField: 'Deren Feld',
  ourValue: 'Unser Wert',
  alsoSet: 'dort einzustellen',
  next: 'Weiter: deren Werte',
  connectTitle: (name) => `${name}: deren Werte einfügen`,
  connectLead: 'Was die andere Konsole zeigt, sobald die Anwendung dort registriert ist.',
  connectPlain: (name) => `${name}: Einstellungen`,
  save: 'Ausgeschaltet speichern',
  check: 'Verbindung prüfen',
  test: 'Probeanmeldung',
  testTitle: 'Probeanmeldung mit diesem Entwurf',
  anyway: 'Trotz misslungener Prüfung speichern',
  saved: (name) =>
    `${name} ist gespeichert und ausgeschaltet. Beginnen Sie eine Probeanmeldung, und schalten Sie sie dann ein.`,
  savedPlain: (name) => `${name} ist gespeichert und ausgeschaltet. Schalten Sie sie ein, wenn sie bereit ist.`,
  unknown: 'Einen solchen Anbieter gibt es nicht.',
}
