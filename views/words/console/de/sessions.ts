import type { ConsoleWords } from '../../console.ts'
import { counted } from '../counted.ts'

export const sessions: ConsoleWords['sessions'] = {
  title: 'Sitzungen',
  lead: 'Wer angemeldet ist, durch welche Quelle, und wo.',
  search: 'Name oder E-Mail',
  client: 'Client',
  source: 'Quelle',
  any: 'beliebig',
  empty: 'Niemand ist angemeldet.',
  noneFound: 'Keine Sitzung passt zu dem, was Sie suchen.',
  noneHere: 'Keine der neuesten 2.000 Sitzungen hat mit diesem Client zu tun. Ältere stehen auf der nächsten Seite.',
  columns: {
    who: 'Wer',
    source: 'Quelle',
    clients: 'Angemeldet bei',
    device: 'Womit',
    started: 'Seit',
    ends: 'Endet',
    end: 'Beenden',
  },
  noClient: 'keiner Anwendung',
  device: (browser, system) =>
    browser !== '' && system !== '' ? `${browser} unter ${system}` : browser || system || 'unbekannter Browser',
  seen: 'zuletzt gesehen',
  yours: 'das ist Ihre',
  idle: 'wenn sie nicht benutzt wird',
  end: 'Sitzung beenden',
  endNamed: (name) => `Die Sitzung von ${name} beenden`,
  endTitle: (name) => `Eine Sitzung von ${name} beenden`,
  endWhat: 'Sie endet sofort und überall. Die Person darf sich wieder anmelden.',
  endYours: 'Das ist Ihre eigene Sitzung: Sie werden auch aus dieser Konsole abgemeldet.',
  affected: 'Was mit ihr endet',
  affectedClients: (count) => `${counted(count, 'Anwendung verliert', 'Anwendungen verlieren')} sie:`,
  affectedTokens:
    'Ihre Tokens und Refresh-Tokens gelten nicht mehr. Anwendungen, die eine Adresse dafür genannt haben, erfahren es.',
  started: 'Angemeldet',
  through: 'Durch',
  ended: (name) => `Eine Sitzung von ${name} ist beendet.`,
  gone: 'Sie war schon beendet.',
}
