import { html } from '../../html.ts'
import type { FactorWords } from './en.ts'

const codes = (count: number): string => (count === 1 ? '1 Wiederherstellungscode' : `${count} Wiederherstellungscodes`)

export const de: FactorWords = {
  step: {
    title: 'Noch ein Schritt',
    lead: (application, username) =>
      html`Sie melden sich bei ${application} als ${username} an. Das Passwort stimmt; zeigen Sie jetzt, dass Sie es sind.`,
    passkey: 'Passkey verwenden',
    passkeyFailed: 'Es wurde kein Passkey verwendet. Versuchen Sie es noch einmal, oder nehmen Sie einen anderen Weg.',
    code: 'Code aus Ihrer Authenticator-App',
    codeHelp: 'Sechs Ziffern, alle 30 Sekunden neu.',
    submit: 'Weiter',
    orCode: 'oder mit einem Code',
    lost: 'Ist Ihr Gerät nicht zur Hand?',
    recovery: 'Wiederherstellungscode',
    recoveryHelp: 'Einer von denen, die Sie beim Einrichten aufbewahrt haben. Jeder gilt einmal.',
    recoverySubmit: 'Wiederherstellungscode verwenden',
    again: 'Von vorn beginnen',
    backTo: (application) => html`Zurück zu ${application}`,
    problems: {
      second_factor_wrong: 'Dieser Code ist falsch oder wurde schon verwendet. Warten Sie auf den nächsten.',
      passkey_refused:
        'Dieser Passkey wurde nicht angenommen. Versuchen Sie es noch einmal, oder nehmen Sie einen anderen Weg.',
      too_many_attempts: 'Zu viele Versuche. Warten Sie einige Minuten.',
    },
  },
  signIn: {
    passkey: 'Mit Passkey anmelden',
    failed: 'Es wurde kein Passkey verwendet. Versuchen Sie es noch einmal, oder melden Sie sich mit dem Passwort an.',
  },
  security: {
    title: 'Sicherheit Ihrer Anmeldung',
    account: (account) => html`Sie sind als ${account} angemeldet.`,
    elsewhere: (source) => html`Sie melden sich über ${source} an. Passwort und zweite Faktoren werden dort verwaltet.`,
    required:
      'Wer verwaltet, braucht hier einen zweiten Faktor. Richten Sie eine Authenticator-App oder einen Passkey ein, dann geht es weiter zur Konsole.',
    toConsole: 'Weiter zur Konsole',
    sessions: 'Wo Sie angemeldet sind',
    app: 'Authenticator-App',
    appWhat: 'Eine App auf Ihrem Telefon zeigt einen Code, den Sie nach dem Passwort eingeben.',
    appOn: (when) => html`Eingerichtet ${when}.`,
    usedNever: 'Noch nicht verwendet.',
    used: (when) => html`Zuletzt verwendet ${when}.`,
    appSetUp: 'App einrichten',
    remove: 'Entfernen',
    removeApp: 'Die Authenticator-App entfernen',
    removePasskey: (name) => `Den Passkey ${name} entfernen`,
    passkeys: 'Passkeys',
    passkeysWhat:
      'Ein Schlüssel in Ihrem Gerät oder Passwortmanager, geöffnet mit Fingerabdruck, Gesicht oder PIN. Er ersetzt auch das Passwort.',
    passkeysNone: 'Sie haben keinen.',
    passkeyAdded: (when) => html`Hinzugefügt ${when}.`,
    passkeyName: 'Name',
    passkeyNameHelp: 'Damit Sie ihn von anderen unterscheiden: „Laptop im Büro“.',
    passkeyAdd: 'Passkey hinzufügen',
    passkeyFailed: 'Es wurde kein Passkey angelegt. Vielleicht hat dieses Gerät schon einen, oder die Zeit war um.',
    noScript: 'Um einen Passkey hinzuzufügen, braucht diese Seite JavaScript und einen Browser, der Passkeys kennt.',
    recovery: 'Wiederherstellungscodes',
    recoveryLeft: (count) => `Sie haben noch ${codes(count)}. Jeder hilft einmal, wenn Ihr Gerät fehlt.`,
    recoveryNew: 'Neue erzeugen',
    recoveryNewHelp: 'Die bisherigen gelten dann nicht mehr.',
    noneYet: 'Ihr Passwort allein meldet Sie an. Ein zweiter Faktor hält fern, wer es erfährt.',
    removed: 'Entfernt.',
    added: 'Hinzugefügt.',
    lastSaid: 'Ihr zweiter Faktor ist eingerichtet.',
  },
  setUp: {
    title: 'Authenticator-App einrichten',
    scan: 'Mit der App einlesen',
    qr: 'QR-Code für Ihre Authenticator-App',
    orType: 'oder diesen Schlüssel in die App eingeben:',
    copy: 'Kopieren',
    copyLabel: 'Den Schlüssel kopieren',
    copied: 'Kopiert',
    code: 'Code, den die App jetzt zeigt',
    submit: 'Einrichten',
    back: 'Zurück',
    wrong:
      'Das ist nicht der Code, den die App jetzt zeigt. Prüfen Sie die Uhr des Geräts und geben Sie den nächsten Code ein.',
  },
  codes: {
    // With a soft hyphen, for telephones.
    title: 'Ihre Wiederher\u00adstellungscodes',
    lead: 'Drucken Sie sie aus, oder legen Sie sie in Ihren Passwortmanager. Sie werden nur dieses eine Mal gezeigt; jeder gilt einmal.',
    label: 'Wiederherstellungscodes',
    copy: 'Alle kopieren',
    copyLabel: 'Alle Wiederherstellungscodes kopieren',
    copied: 'Kopiert',
    done: 'Ich habe sie aufbewahrt',
  },
  confirm: {
    title: 'Sind Sie es?',
    lead: 'Ihre Anmeldung ist eine Weile her. Bevor sich daran etwas ändert, zeigen Sie, dass Sie es noch sind.',
    password: 'Passwort',
    code: 'Code aus Ihrer App, oder ein Wiederherstellungscode',
    submit: 'Bestätigen',
    passkey: 'Mit Passkey bestätigen',
    back: 'Zurück',
    wrong: 'Das Passwort oder der Code stimmt nicht.',
  },
}
