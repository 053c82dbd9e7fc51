import { html } from '../../../html.ts'
import type { ConsoleWords } from '../../console.ts'

export const keys: ConsoleWords['keys'] = {
  title: 'Signaturschlüssel',
  lead: 'Womit Tokens unterschrieben werden. Sie wechseln von selbst.',
  columns: {
    key: 'Schlüssel',
    state: 'Zustand',
    published: 'Veröffentlicht',
    signs: 'Unterschrieb',

    revoke: 'Widerrufen',
  },
  states: {
    next: 'nächster: veröffentlicht, unterschreibt noch nicht',
    active: 'aktiv: unterschreibt',
    retiring: 'im Ruhestand: prüft nur noch',
  },
  usedFor: 'Jedes Access-Token, ID-Token und Logout-Token wird mit dem aktiven unterschrieben, nach RS256.',
  notYet: 'noch nicht',
  from: 'von',
  until: 'bis',
  jwks: 'Öffentliche Schlüssel (JWKS)',
  jwksLead: 'Wo Anwendungen und Gateways sie alle finden.',
  open: 'Die Liste öffnen',
  schedule: 'Zeitplan',
  activeFor: 'Ein Schlüssel unterschreibt',
  publishedBefore: 'Veröffentlicht, bevor er unterschreibt',
  retiringFor: 'Prüft danach noch',
  days: (count) => (count === 1 ? '1 Tag' : `${count} Tage`),
  hours: (count) => (count === 1 ? '1 Stunde' : `${count} Stunden`),
  nextRotation: 'Wechselt von selbst',
  byHand: 'Von Hand',
  rotateFrom: (when) => html`ab ${when}: Bis dahin kennt vielleicht noch nicht jeder den nächsten Schlüssel`,
  due: 'beim nächsten Nachsehen, innerhalb einer Minute',

  rotate: 'Jetzt wechseln',
  rotateTitle: 'Den nächsten Schlüssel jetzt unterschreiben lassen',
  rotateWhat: 'Der nächste Schlüssel unterschreibt von jetzt an, und ein weiterer wird als nächster veröffentlicht.',
  rotateAffected: [
    'Niemand wird abgemeldet, und kein Token endet: Der jetzige Schlüssel prüft weiter.',
    'Anwendungen und Gateways kennen den nächsten schon, denn er ist lange genug veröffentlicht.',
    'Der Zeitplan zählt von jetzt an.',
  ],
  rotateYoung: (when) =>
    `Der nächste Schlüssel darf ab ${when} unterschreiben: Bis dahin kann jemand eine Liste ohne ihn haben und würde ablehnen, was er unterschreibt.`,
  rotated: 'Der nächste Schlüssel unterschreibt jetzt.',

  revoke: 'Widerrufen',
  revokeNamed: (kid) => `Den Schlüssel ${kid} widerrufen`,
  revokeTitle: 'Einen Schlüssel im Notfall widerrufen',
  revokeWhat:
    'Nur wenn der Schlüssel in falschen Händen sein kann. Nichts, was er unterschrieben hat, gilt noch, auf jedem Knoten innerhalb von zwei Sekunden.',
  revokeConsequences: 'Was geschieht',
  revokeActive: [
    'Jedes Access-Token und ID-Token dieses Schlüssels wird sofort abgelehnt: bei Introspection, Userinfo und am Gateway.',
    'Anwendungen mit einem Refresh-Token holen sich von selbst neue Tokens. Wo es keines gibt, melden Personen sich neu an; wer hier noch eine Sitzung hat, wird dabei nach nichts gefragt.',
    'Sitzungen, Refresh-Tokens, Codes und API-Schlüssel gehen weiter: Sie sind Zufallszahlen, keine Unterschriften.',
    'Anwendungen und Gateways, die Tokens selbst prüfen, glauben diesem Schlüssel, bis sie das JWKS neu holen: bis zu einer Stunde. Starten Sie neu, was nicht warten darf.',
    'Der nächste Schlüssel unterschreibt sofort, und ein weiterer wird veröffentlicht. Wer das JWKS lange aufhebt, lehnt neue Tokens bis zu einer Stunde lang ab.',
  ],
  revokeNext: [
    'Er hat noch nichts unterschrieben: Kein Token endet, und niemand merkt etwas.',
    'An seiner Stelle wird ein anderer veröffentlicht, der unterschreiben darf, wenn er lange genug veröffentlicht ist.',
  ],
  revokeRetiring: [
    'Tokens, die er früher unterschrieben hat, werden sofort abgelehnt: die der letzten Minuten, und ID-Tokens, die beim Abmelden als Hinweis zurückkommen.',
    'Anwendungen mit einem Refresh-Token holen sich von selbst neue Tokens; niemand wird abgemeldet.',
    'Anwendungen und Gateways, die Tokens selbst prüfen, glauben diesem Schlüssel, bis sie das JWKS neu holen: bis zu einer Stunde.',
  ],
  revokeWord: 'widerrufen',
  revoked: (kid) => `Der Schlüssel ${kid} ist widerrufen.`,
}
