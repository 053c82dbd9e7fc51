/** Auf Deutsch: warum jemand nicht hereinkommt, und was beim Anmelden nicht weitergeht. */
import type { TranslatedReasons } from '../reasons.ts'

const anew = 'Beginnen Sie noch einmal von der Anwendung aus.'

export const signingIn = {
  account_disabled: {
    title: 'Dieses Konto ist gesperrt',
    cause: 'Die Verwaltung hat das Konto gesperrt.',
    fix: 'Geben Sie die Person wieder frei, wenn sie Zugang haben soll.',
  },
  account_unknown: {
    title: 'Dieses Konto gibt es nicht mehr',
    cause: 'Das Konto wurde gelöscht, während es noch benutzt wurde.',
    fix: 'Melden Sie sich noch einmal an; wenn die Quelle es erlaubt, entsteht ein neues Konto.',
  },
  client_disabled: {
    title: 'Diese Anwendung ist ausgeschaltet',
    cause: 'Den Client gibt es nicht, oder er ist ausgeschaltet.',
    fix: 'Schalten Sie den Client wieder ein.',
  },
  source_disabled: {
    title: 'Dieser Weg der Anmeldung ist ausgeschaltet',
    cause: 'Die Anmeldequelle ist ausgeschaltet oder wurde entfernt.',
    fix: 'Schalten Sie die Quelle wieder ein, oder melden Sie sich über eine andere an.',
  },
  source_not_allowed: {
    title: 'Diese Anwendung nimmt diesen Weg der Anmeldung nicht an',
    cause: 'In allowed_sources des Clients steht die Quelle nicht.',
    fix: 'Melden Sie sich über eine Quelle an, die der Client erlaubt, oder nehmen Sie diese in allowed_sources auf.',
  },
  no_source_applies: {
    title: 'Es gibt keinen Weg, sich bei dieser Anwendung anzumelden',
    cause: 'Keine eingeschaltete Anmeldequelle steht diesem Client offen.',
    fix: 'Schalten Sie eine Quelle ein, oder nehmen Sie eine in allowed_sources des Clients auf.',
  },
  session_ended: {
    title: 'Ihre Sitzung ist zu Ende',
    cause: 'Die Sitzung wurde beendet oder ist abgelaufen.',
    fix: 'Melden Sie sich noch einmal an.',
  },
  consent_missing: {
    title: 'Dem wurde nicht zugestimmt',
    cause: 'Der Client ist ein fremder, und die Person hat dem, was er verlangt, nicht oder nicht mehr zugestimmt.',
    fix: 'Schicken Sie die Person noch einmal durch den Authorization Endpoint: Dort wird sie gefragt.',
  },
  not_signed_in: {
    title: 'Hier ist niemand angemeldet',
    cause: 'Dieser Browser hat keine Sitzung beim Anmeldedienst, oder sie ist zu Ende.',
    fix: 'Öffnen Sie eine Anwendung und melden Sie sich von dort an; kommen Sie dann hierher zurück.',
  },
  not_an_administrator: {
    title: 'Das darf nur die Verwaltung',
    cause:
      'Das Token gehört einer Person ohne Verwaltungsrolle oder einem Client, der die Admin-API nicht benutzen darf.',
    fix: 'Geben Sie der Person die Rolle admin von gatehouse, oder nehmen Sie admin in den scope des Clients auf.',
  },
  bad_credentials: {
    title: 'Benutzername oder Passwort stimmt nicht',
    cause: 'Die Quelle kennt die Person nicht, das Passwort ist falsch, oder die Person darf sich nicht anmelden.',
    fix: 'Prüfen Sie Benutzernamen und Tastatur; die Verwaltung kann ein neues Passwort setzen.',
  },
  passkey_refused: {
    title: 'Der Passkey wurde nicht angenommen',
    cause: 'Der Passkey ist hier nicht bekannt, oder seine Antwort besteht die Prüfung nicht.',
    fix: 'Versuchen Sie es noch einmal, mit einem anderen Passkey oder mit dem Passwort.',
  },
  second_factor_missing: {
    title: 'Ein zweiter Nachweis ist nötig',
    cause: 'Das Passwort stimmt, und für dieses Konto genügt es nicht.',
    fix: 'Melden Sie sich im Browser an, und richten Sie unter /security einen Passkey oder eine Authenticator-App ein.',
  },
  second_factor_wrong: {
    title: 'Dieser Code ist falsch oder wurde schon benutzt',
    cause: 'Der Code gilt jetzt nicht: vertippt, zu alt oder schon benutzt.',
    fix: 'Versuchen Sie es mit dem nächsten Code noch einmal, und vergleichen Sie die Uhr des Geräts.',
  },
  too_many_attempts: {
    title: 'Zu viele Versuche',
    cause: 'Für diesen Benutzernamen oder von dieser Netzadresse kamen zu viele falsche Versuche.',
    fix: 'Warten Sie vor dem nächsten Versuch einige Minuten.',
  },
  interaction_lost: {
    title: 'Diese Anmeldung ist nicht mehr offen',
    cause:
      'Die Anmeldung ist abgeschlossen, abgelaufen oder wurde in einem anderen Browser begonnen, oder dieser behält keine Cookies.',
    fix: anew,
  },
  forged_form: {
    title: 'Dieses Formular kam nicht von der Anmeldeseite',
    cause: 'Das Zeichen des Formulars fehlt oder stimmt nicht, oder die Anfrage kam von einer anderen Website.',
    fix: 'Gehen Sie zur Anmeldeseite zurück und senden Sie das Formular von dort.',
  },
  console_sign_in_refused: {
    title: 'Die Konsole konnte Sie nicht anmelden',
    cause: 'Die Anmeldung bei der Konsole wurde abgebrochen, oder ihr fehlt, was die Konsole verlangt.',
    fix: 'Öffnen Sie die Konsole noch einmal und melden Sie sich an. Wurde der Client gatehouse-console geändert, so braucht er seine eigene Redirect-URI und den Scope admin.',
  },
  trip_unknown: {
    title: 'Diese Antwort wurde nicht erwartet',
    cause: 'Der state der Antwort ist unbekannt: Er wurde schon benutzt, ist abgelaufen oder war nie von hier.',
    fix: anew,
  },
  trip_misdirected: {
    title: 'Diese Antwort kam an der falschen Adresse an',
    cause: 'Die Antwort kam am Callback einer anderen Quelle an als der, zu der der Browser ging.',
    fix: 'Beginnen Sie noch einmal. Geschieht es wieder, vergleichen Sie die Callback-Adressen bei den Identitätsanbietern.',
  },
  upstream_refused: {
    title: 'Der Identitätsanbieter hat die Anmeldung abgelehnt',
    cause: 'Der Identitätsanbieter hat mit einem Fehler geantwortet statt mit einer Anmeldung.',
    fix: 'Sehen Sie im Verlauf der Anmeldung nach: Der Fehler ist der des Identitätsanbieters.',
  },
  upstream_invalid: {
    title: 'Der Antwort des Identitätsanbieters ist nicht zu trauen',
    cause: 'Eine Prüfung der Antwort ist gescheitert: Signatur, Aussteller, Empfänger, nonce, Zeit oder Form.',
    fix: 'Vergleichen Sie Aussteller und Client-ID der Quelle mit denen beim Identitätsanbieter; der Verlauf nennt die Prüfung.',
  },
  upstream_misconfigured: {
    title: 'Der Identitätsanbieter nimmt diesen Broker nicht an',
    cause: 'Der Identitätsanbieter hat unsere Client-Zugangsdaten, die Callback-Adresse oder die Anfrage abgelehnt.',
    fix: 'Vergleichen Sie Client-ID, Client-Secret und Callback-Adresse mit denen beim Identitätsanbieter.',
  },
  upstream_unavailable: {
    title: 'Der Identitätsanbieter antwortet nicht',
    cause: 'Der Identitätsanbieter war nicht zu erreichen oder meldete einen Fehler seines Servers.',
    fix: 'Versuchen Sie es gleich noch einmal. Dauert es an, prüfen Sie die Quelle und das Netz dazwischen.',
  },
  reauthentication_unproven: {
    title: 'Eine frische Anmeldung war nötig',
    cause: 'Die Anwendung verlangt eine frische Anmeldung, und der Identitätsanbieter hat keine belegt (auth_time).',
    fix: 'Lassen Sie den Identitätsanbieter prompt=login und max_age beachten, oder setzen Sie reauthentication der Quelle auf „trust“.',
  },
  groups_overage: {
    title: 'Ihre Gruppen konnten nicht gelesen werden',
    cause: 'Die Person ist in mehr Gruppen, als der Identitätsanbieter sendet; er hat nur darauf verwiesen.',
    fix: 'Lassen Sie nur die Gruppen senden, auf die es ankommt, etwa die der Anwendung zugewiesenen, oder nehmen Sie einen anderen Claim.',
  },
  groups_unreadable: {
    title: 'Ihre Gruppen konnten nicht gelesen werden',
    cause: 'Der Identitätsanbieter hat auf die Gruppen verwiesen und sie uns dort nicht lesen lassen.',
    fix: 'Geben Sie der Anwendung die delegierten Berechtigungen User.Read und GroupMember.Read.All für Microsoft Graph, mit Zustimmung der Verwaltung, und nehmen Sie sie in scopes auf.',
  },
  unmet_authentication_requirements: {
    title: 'Eine stärkere Anmeldung war nötig',
    cause: 'Die Anwendung verlangt eine Stufe (acr), für die die Quelle nicht bürgt.',
    fix: 'Richten Sie die Stufe beim Identitätsanbieter ein, oder verlangen Sie eine, die er geben kann.',
  },
  another_person: {
    title: 'Jemand anderes wurde erwartet',
    cause: 'Die Anwendung verlangt eine bestimmte Person (id_token_hint), und eine andere hat sich angemeldet.',
    fix: 'Melden Sie sich als die Person an, die die Anwendung benutzt, oder melden Sie sich dort erst ab.',
  },
  test_login_over: {
    title: 'Diese Probe ist hier nicht offen',
    cause: 'Der Link einer Probeanmeldung gilt einmal, eine halbe Stunde lang, in dem Browser, der ihn geöffnet hat.',
    fix: 'Lassen Sie sich von der Verwaltung einen neuen Link geben.',
  },
  consent_denied: {
    title: 'Sie haben nicht zugestimmt',
    cause: 'Die Person wollte ihre Angaben nicht an die Anwendung weitergeben.',
    fix: 'Nichts zu beheben; sie kann noch einmal beginnen und zustimmen.',
  },
  sign_in_abandoned: {
    title: 'Die Anmeldung wurde abgebrochen',
    cause: 'Die Person ging zur Anwendung zurück, ohne sich anzumelden.',
    fix: 'Nichts zu beheben.',
  },
  temporarily_unavailable: {
    title: 'Der Dienst kann gerade nicht antworten',
    cause:
      'Ein Teil des Dienstes, der dafür nötig ist, hat nicht geantwortet. Nichts wurde entschieden und nichts geändert.',
    fix: 'Versuchen Sie es gleich noch einmal. Dauert es an, sehen Sie nach der Datenbank und im Protokoll unter der Referenz nach.',
  },
} as const satisfies TranslatedReasons
