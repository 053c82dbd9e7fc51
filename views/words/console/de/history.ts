import type { ConsoleWords } from '../../console.ts'

export const history: ConsoleWords['history'] = {
  title: 'Verlauf',
  nothing: 'Hier wurde nichts geändert.',
  when: 'Wann',
  did: 'Was',
  who: 'Wer',
  members: 'Geändert',
  actions: { created: 'hinzugefügt', changed: 'geändert', removed: 'entfernt', started: 'begonnen' },
  subjects: { application: 'Anwendung', client: 'OpenID-Client', api: 'API', api_key: 'API-Schlüssel' },
  actors: { account: 'Administration', client: 'Client', cli: 'Kommandozeile', system: 'Gatehouse selbst' },
}
