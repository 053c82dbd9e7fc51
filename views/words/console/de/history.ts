import type { ConsoleWords } from '../../console.ts'

export const history: ConsoleWords['history'] = {
  title: 'Verlauf',
  nothing: 'Hier wurde nichts geändert.',
  when: 'Wann',
  did: 'Was',
  who: 'Wer',
  members: 'Geändert',
  actions: {
    created: 'hinzugefügt',
    changed: 'geändert',
    removed: 'entfernt',
    started: 'begonnen',
    signed_out: 'überall abgemeldet',
    ended: 'beendet',
    erased: 'gelöscht',
    activated: 'unterschreibt von da an',
    revoked: 'widerrufen',
  },
  subjects: {
    application: 'Anwendung',
    client: 'OpenID-Client',
    api: 'API',
    api_key: 'API-Schlüssel',
    user: 'Person',
    role: 'Rolle',
    portal: 'Portal',
    signing_key: 'Signaturschlüssel',
    session: 'Sitzung',
    traces: 'Spuren',
  },
  actors: { account: 'Administration', client: 'Client', cli: 'Kommandozeile', system: 'Gatehouse selbst' },
}
