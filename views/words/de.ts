import { type Html, html } from '../html.ts'
import type { Words } from '../words.ts'
import type { Text } from './en.ts'
import { frameWords } from './frame.ts'

const unit = (amount: number, name: 'day' | 'hour' | 'minute'): string =>
  new Intl.NumberFormat('de', { style: 'unit', unit: name, unitDisplay: 'long' }).format(amount)

function duration(seconds: number): string {
  if (seconds >= 172_800) return unit(Math.floor(seconds / 86_400), 'day')
  if (seconds >= 7200) return unit(Math.floor(seconds / 3600), 'hour')
  return unit(Math.max(1, Math.floor(seconds / 60)), 'minute')
}

function ago(seconds: number): string {
  if (seconds < 60) return 'gerade eben'
  const unitOf = seconds >= 172_800 ? 'day' : seconds >= 7200 ? 'hour' : 'minute'
  const amount = Math.floor(seconds / { day: 86_400, hour: 3600, minute: 60 }[unitOf])
  return new Intl.RelativeTimeFormat('de', { numeric: 'always' }).format(-amount, unitOf)
}

const moment = (date: Date): string =>
  `${new Intl.DateTimeFormat('de-DE', { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' }).format(date)} UTC`

const tellAdministrator = 'Das kann nur die Verwaltung ändern. Nennen Sie ihr die Referenz unten.'
const startAgain = 'Gehen Sie zur Anwendung zurück und melden Sie sich von dort an.'

/** Jedes Wort der Seiten, die Personen beim Anmelden sehen, nach dem Sinn übersetzt; Sie. */
export const de: Words = {
  ...frameWords.de,
  test: {
    title: (source: Text) => html`Probeanmeldung mit ${source}`,
    explain:
      'Die Verwaltung erprobt diesen Weg der Anmeldung. Sie melden sich wie gewohnt an; angemeldet wird dabei niemand, und nichts wird gespeichert. Was der Identitätsanbieter über Sie sagt, sehen Sie und die Verwaltung.',
    begin: 'Die Probe beginnen',
    succeeded: 'Diese Anmeldung würde gelingen.',
    open: 'Die Probe ist noch nicht zu Ende.',
    nothing: 'Niemand wurde angemeldet, und nichts wurde gespeichert als dieser Bericht, für eine halbe Stunde.',
    draft: 'Die Quelle wurde als Entwurf erprobt: So ist sie nicht gespeichert.',
    steps: 'Schritt für Schritt',
    step: (what: string) =>
      ({
        wrong_password: 'Benutzername oder Passwort war falsch',
        proven: 'Das Passwort stimmte',
        departed: 'Der Browser ging zum Identitätsanbieter',
        arrived: 'Er kam zurück, und die Antwort ist geprüft',
        mapped: 'Die Antwort ist zugeordnet',
        succeeded: 'Die Person würde eingelassen',
        refused: 'Die Person würde nicht eingelassen',
        could_not_tell: 'Der Identitätsanbieter hat nicht geantwortet',
      })[what] ?? what,
    moment,
    received: 'Was der Identitätsanbieter sagt',
    mapped: 'Was daraus wird: Claims, Gruppen und Rollen',
    dropped: 'Was weggelassen wird, und warum',
    accessToken: 'Das Access-Token, das es gäbe (nicht signiert)',
    idToken: 'Das ID-Token, das es gäbe (nicht signiert)',
    apis: 'Was es öffnen würde',
    allowed: 'erlaubt',
    denied: 'abgelehnt',
  },
  backTo: (application: Text) => html`Zurück zu ${application}`,

  signIn: {
    title: (application: Text) => html`Bei ${application} anmelden`,
    sources: 'Wege der Anmeldung',
    continueWith: (source: Text) => html`Weiter mit ${source}`,
    lastUsed: 'Zuletzt auf diesem Gerät benutzt',
    orWith: (source: Text) => html`oder mit ${source}`,
    orByEmail: 'oder mit Ihrer dienstlichen E-Mail-Adresse',
    find: 'Ihre Organisation',
    findHelp: 'Ein Teil des Namens: Es gibt mehr Wege der Anmeldung, als hier stehen.',
    findSubmit: 'Suchen',
    findNone: (text: Text) => html`Kein Weg der Anmeldung heißt ${text}.`,
    findMore: 'Es passen mehr, als hier stehen. Geben Sie mehr vom Namen ein.',
    findAgain: 'Einen anderen Weg wählen',
    username: 'Benutzername',
    password: 'Passwort',
    show: 'Zeigen',
    showLabel: 'Passwort zeigen',
    hide: 'Verbergen',
    hideLabel: 'Passwort verbergen',
    submit: 'Anmelden',
    email: 'Dienstliche E-Mail-Adresse',
    emailHelp: 'Ihre Domain sagt, wo Sie sich anmelden.',
    emailUnknown: 'Für diese Adresse ist kein Weg zur Anmeldung bekannt',
    continue: 'Weiter',
  },

  consent: {
    title: (application: Text) => html`${application} möchte Ihr Konto verwenden`,
    account: (account: Text) => html`Sie sind angemeldet als ${account}.`,
    receives: 'Was weitergegeben würde',
    lasts: (seconds: number | undefined) =>
      seconds === undefined ? 'Das gilt, bis Sie es widerrufen.' : `Das gilt für ${duration(seconds)}.`,
    again: (application: Text) =>
      html`Wenn Sie es nicht erlauben, gehen Sie zu ${application} zurück, und nichts wird weitergegeben.`,
    allow: 'Erlauben',
    deny: 'Nicht erlauben',
  },

  home: {
    title: 'Anmeldedienst',
    what: 'Über diesen Dienst erfahren Anwendungen und APIs dieser Organisation, wer sie benutzt.',
    people: 'Zum Anmelden',
    how: 'Öffnen Sie die Anwendung, die Sie benutzen möchten. Sie bringt Sie hierher, wenn Sie sich anmelden müssen.',
    developers: 'Um eine Anwendung anzuschließen',
    issuer: 'Dieser Aussteller, wie OpenID-Connect-Bibliotheken ihn brauchen:',
    copyLabel: 'Den Aussteller kopieren',
    administrators: 'Zum Verwalten',
    console: 'Die Konsole öffnen',
    adminApi: 'Programme benutzen die Admin-API:',
    discovery: 'OpenID-Connect-Metadaten',
  },

  logout: {
    title: 'Abmelden?',
    asked: (application: Text) => html`${application} möchte Sie abmelden.`,
    account: (account: Text) => html`Sie sind angemeldet als ${account}.`,
    ends: 'Endet',
    endsWhat: 'Ihre Sitzung bei Gatehouse, und mit ihr Ihr Zugang zu jeder Anwendung, die Sie darüber geöffnet haben.',
    stays: 'Bleibt',
    mayStay: 'Bleibt vielleicht',
    mayStayUpstream: (source: Text) => html`Ihre Sitzung bei ${source}, falls ${source} sie nicht mit beendet.`,
    staysWhat: 'Was Sie in einer Anwendung offen haben, die eine eigene Sitzung führt.',
    yes: 'Abmelden',
    no: 'Angemeldet bleiben',
  },

  loggedOut: {
    title: 'Sie sind abgemeldet',
    ended: 'Ihre Sitzung bei Gatehouse ist zu Ende.',
    start: 'Zur Startseite',
    stillOpen: (source: Text) => html`Bei ${source} sind Sie noch angemeldet`,
    stayed: 'Sie sind noch angemeldet',
    stayedWhat: 'Ihre Sitzung bei Gatehouse geht weiter.',
    stayedWithout: (application: Text) =>
      html`Ihre Sitzung bei Gatehouse geht weiter. ${application} hat darüber keinen Zugang mehr.`,
    stillOpenFix:
      'Wer diesen Browser als Nächstes benutzt, könnte darüber hereinkommen. Melden Sie sich an einem geteilten Gerät auch dort ab.',
  },

  stays: {
    title: 'Wo Sie angemeldet sind',
    account: (account: Text) => html`Sie sind angemeldet als ${account}.`,
    here: 'In diesem Browser',
    through: (source: Text) => html`Über ${source}`,
    since: (when: Html) => html`Angemeldet ${when}.`,
    device: (browser: string, system: string, address: Text) =>
      html`${browser !== '' && system !== '' ? `${browser} unter ${system}` : browser || system || 'Ein unbekannter Browser'}, von ${address}.`,
    ago,
    moment,
    opened: (applications: Html) => html`Geöffnet: ${applications}.`,
    nothingOpened: 'Keine Anwendung ist geöffnet.',
    end: 'Sitzung beenden',
    endHere: 'Hier abmelden',
    endOthers: (others: number) => (others === 1 ? 'Die andere Sitzung beenden' : `Alle ${others} anderen beenden`),
    alone: 'Sonst sind Sie nirgends angemeldet.',
    applications: 'Was Sie hier beenden, endet in jeder Anwendung, die Sie darüber geöffnet haben.',
    agreements: 'Wozu Sie zugestimmt haben',
    receives: (what: Html) => html`Erhält: ${what}.`,
    receivesNothing: 'Erhält nichts Bestimmtes.',
    agreed: (when: Html) => html`Zugestimmt ${when}.`,
    withdraw: 'Zustimmung widerrufen',
    withdrawn:
      'Wem Sie die Zustimmung entziehen, hat keinen Zugang mehr und fragt Sie von Neuem. Was die Anwendung schon hat, kann sie behalten.',
  },

  problem: {
    why: 'Warum',
    todo: 'Was zu tun ist',
    detail: 'Was die andere Seite gesagt hat',
    status: (status: number) => `Status ${status}`,
  },

  ways: {
    again: 'Noch einmal versuchen',
    start: 'Zur Startseite',
    console: 'Zur Konsole',
    goOn: 'Weiter anmelden',
    continueTo: (application: string) => `Weiter zu ${application}`,
    backTo: (application: string) => `Zurück zu ${application}`,
  },

  failures: {
    unanswered: {
      title: 'Der Dienst kann gerade nicht antworten',
      cause:
        'Ein Teil des Dienstes, der dafür gebraucht wird, hat nicht geantwortet. Es wurde nichts entschieden und nichts geändert.',
      fix: 'Versuchen Sie es gleich noch einmal. Geschieht es wieder, nennen Sie der Verwaltung die Referenz.',
    },
    request: (found: string) => ({
      title: 'Die Anwendung hat eine Anfrage gesendet, die nicht ausgeführt werden kann',
      cause: `Der Anmeldedienst hat die Anfrage geprüft und meldet: „${found}“.`,
      fix: 'Gehen Sie zur Anwendung zurück und beginnen Sie von vorn. Geschieht es wieder, sagen Sie denen, die sie entwickeln, was hier steht.',
    }),
    broken: {
      title: 'Bei uns ist etwas schiefgegangen',
      cause: 'Im Dienst ist ein Fehler aufgetreten, mit dem er nicht gerechnet hat.',
      fix: 'Versuchen Sie es noch einmal. Geschieht es wieder, nennen Sie der Verwaltung die Referenz: Im Protokoll steht darunter die Ursache.',
    },
    malformed: {
      title: 'Die Anfrage ist nicht gültig',
      cause: 'Die Anfrage ist nicht zu verstehen.',
      fix: 'Berichtigen Sie die Anfrage.',
    },
  },

  leaving: {
    title: (source: Text) => html`Weiter zu ${source}`,
    explain: (source: Text) => html`Sie melden sich bei ${source} an und kommen danach hierher zurück.`,
    continue: 'Weiter',
  },

  scopes: {
    openid: { title: 'Sie wiedererkennen', description: 'Ein Kennzeichen Ihres Kontos, das immer gleich bleibt.' },
    profile: { title: 'Ihr Name', description: 'Voller Name, Vor- und Nachname, Benutzername.' },
    email: { title: 'Ihre E-Mail-Adresse', description: 'Und ob sie bestätigt ist.' },
    address: { title: 'Ihre Postanschrift', description: 'Wie Ihre Organisation sie führt.' },
    phone: { title: 'Ihre Telefonnummer', description: 'Und ob sie bestätigt ist.' },
    groups: { title: 'Ihre Gruppen', description: 'Die Gruppen, zu denen Sie in Ihrer Organisation gehören.' },
    roles: { title: 'Ihre Rollen', description: 'Was Sie in dieser Anwendung und ihren APIs dürfen.' },
    offline_access: {
      title: 'Zugang in Ihrer Abwesenheit',
      description: 'Sie arbeitet für Sie weiter, auch wenn Sie abgemeldet sind.',
    },
    admin: {
      title: 'Gatehouse verwalten',
      description: 'Alle Einstellungen, Quellen, Clients und Personen in Ihrem Namen lesen und ändern.',
    },
    'admin:read': {
      title: 'Die Einstellungen von Gatehouse lesen',
      description: 'Alle Einstellungen, Quellen, Clients und Personen sehen, ohne etwas zu ändern.',
    },
  },
  otherScope: (name: string) => ({
    title: name,
    description: 'Eine Berechtigung, die Anwendung und API unter diesem Namen vereinbart haben.',
  }),

  advice: {
    account_disabled: tellAdministrator,
    account_unknown: 'Melden Sie sich noch einmal an. Bleibt es so, nennen Sie der Verwaltung die Referenz unten.',
    client_disabled: tellAdministrator,
    source_disabled: 'Melden Sie sich auf einem anderen Weg an, oder fragen Sie die Verwaltung.',
    source_not_allowed:
      'Melden Sie sich auf einem anderen Weg an. Die Verwaltung kann diesen für die Anwendung öffnen.',
    no_source_applies: tellAdministrator,
    session_ended: 'Melden Sie sich noch einmal an.',
    not_an_administrator: 'Melden Sie sich mit einem Konto der Verwaltung an, oder lassen Sie sich dazu machen.',
    bad_credentials: 'Prüfen Sie Benutzernamen und Tastatur, und versuchen Sie es noch einmal.',
    too_many_attempts: 'Warten Sie vor dem nächsten Versuch einige Minuten.',
    interaction_lost: startAgain,
    forged_form: 'Gehen Sie zur Anmeldeseite zurück und senden Sie das Formular von dort.',
    trip_unknown: startAgain,
    trip_misdirected: 'Beginnen Sie noch einmal. Geschieht es wieder, nennen Sie der Verwaltung die Referenz unten.',
    upstream_refused:
      'Versuchen Sie es noch einmal oder auf einem anderen Weg. Die Referenz unten sagt der Verwaltung, was geantwortet wurde.',
    upstream_invalid: tellAdministrator,
    upstream_misconfigured: tellAdministrator,
    upstream_unavailable: 'Versuchen Sie es gleich noch einmal oder auf einem anderen Weg.',
    temporarily_unavailable: 'Versuchen Sie es gleich noch einmal.',
    reauthentication_unproven: 'Melden Sie sich bei Ihrem Identitätsanbieter ab und dann hier noch einmal an.',
    unmet_authentication_requirements:
      'Melden Sie sich auf stärkere Weise an, etwa mit einem Sicherheitsschlüssel, wenn Sie einen haben.',
    another_person: 'Melden Sie sich als die Person an, die die Anwendung benutzt, oder melden Sie sich dort erst ab.',
    consent_denied: 'Sie können von der Anwendung aus noch einmal beginnen und es erlauben.',
    sign_in_abandoned: startAgain,
    not_found: 'Prüfen Sie die Adresse, oder beginnen Sie noch einmal von der Anwendung aus.',
  },
  otherAdvice: 'Versuchen Sie es noch einmal. Bleibt es so, nennen Sie der Verwaltung die Referenz unten.',
}
