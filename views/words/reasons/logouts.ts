/** Auf Deutsch: warum eine Anwendung nicht erfährt, dass eine Sitzung zu Ende ist. */
import type { TranslatedReasons } from '../reasons.ts'

export const logouts = {
  logout_unanswered: {
    title: 'Der Anwendung konnte die Abmeldung nicht gesagt werden',
    cause:
      'Unter ihrer backchannel_logout_uri hat die Anwendung nicht geantwortet, oder mit einem Fehler ihres Servers.',
    fix: 'Sehen Sie nach der Anwendung und dem Netz dazwischen. Ihre Tokens der Sitzung sind trotzdem zu Ende.',
  },
  logout_refused: {
    title: 'Die Anwendung hat die Abmeldung nicht angenommen',
    cause:
      'Die Anwendung hat auf das Logout-Token mit einem Client-Fehler geantwortet oder mit einer Weiterleitung, der nicht gefolgt wird.',
    fix: 'Sehen Sie in das Protokoll der Anwendung: Stimmt die Adresse, und prüft sie mit unserem JWKS, Aussteller und ihrer Client-ID?',
  },
  logout_address_refused: {
    title: 'Die Adresse für Abmeldungen darf nicht aufgerufen werden',
    cause: 'Die backchannel_logout_uri des Clients führt in ein privates Netz, oder sie ist nicht https.',
    fix: 'Ist die Adresse gemeint, nennen Sie ihren Host in backchannel_logout.private_hosts.',
  },
} as const satisfies TranslatedReasons
