/** Auf Deutsch: warum ein API-Schlüssel oder die Frage eines Gateways nicht angenommen wird. */
import type { TranslatedReasons } from '../reasons.ts'

export const gateway = {
  api_key_mistyped: {
    title: 'Das ist kein ganzer API-Schlüssel',
    cause:
      'Er beginnt wie unsere Schlüssel, aber Länge oder Prüfsumme stimmt nicht: abgeschnitten, vertippt oder erfunden.',
    fix: 'Senden Sie ihn genau, wie er gezeigt wurde. Ist er verloren, machen Sie einen neuen.',
  },
  api_key_unknown: {
    title: 'Dieser API-Schlüssel ist nicht bekannt',
    cause:
      'Einen solchen Schlüssel gibt es nicht: Er wurde widerrufen, seine Anwendung wurde entfernt, oder er gehört zu einer anderen Installation.',
    fix: 'Machen Sie einen Schlüssel für die Anwendung, und senden Sie den.',
  },
  api_key_expired: {
    title: 'Dieser API-Schlüssel ist abgelaufen',
    cause: 'Der Schlüssel galt bis jetzt, oder er wurde getauscht und die Zeit für beide ist um.',
    fix: 'Senden Sie den, der ihn ersetzt hat, oder machen Sie einen neuen; tauschen Sie Schlüssel rechtzeitig.',
  },
  api_key_wrong_api: {
    title: 'Dieser API-Schlüssel ist für eine andere API',
    cause: 'Jeder Schlüssel öffnet eine API, und diese ist es nicht.',
    fix: 'Senden Sie den, den die Anwendung für diese API hat, oder machen Sie einen.',
  },
  application_disabled_by_publisher: {
    title: 'Der Anbieter der API hat diese Anwendung ausgeschaltet',
    cause: 'Der Anbieter hat die Anwendung ausgeschaltet; keiner ihrer Schlüssel öffnet etwas.',
    fix: 'Nur der Anbieter kann das zurücknehmen.',
  },
  application_disabled_by_consumer: {
    title: 'Ihr Eigentümer hat diese Anwendung ausgeschaltet',
    cause: 'Der Eigentümer hat die Anwendung ausgeschaltet; keiner ihrer Schlüssel öffnet etwas.',
    fix: 'Der Eigentümer oder der Anbieter kann das zurücknehmen.',
  },
  gateway_not_trusted: {
    title: 'Dieses Gateway darf nicht fragen',
    cause: 'Die Frage kam von einer Adresse, die nicht in trusted_proxies steht.',
    fix: 'Nehmen Sie seine Adresse in trusted_proxies auf (GATEHOUSE_TRUSTED_PROXIES).',
  },
  question_incomplete: {
    title: 'Das Gateway hat nicht gesagt, wonach gefragt wurde',
    cause: 'Die Header mit Host und Pfad der eigentlichen Anfrage fehlen, oder sie kamen mehr als einmal.',
    fix: 'Vergleichen Sie seine Einstellungen mit dem Rezept (docs/gateways).',
  },
  address_ambiguous: {
    title: 'Diese Adresse lässt sich auf mehr als eine Weise lesen',
    cause:
      'Gateway und API könnten Verschiedenes verstehen: Punkt-Segmente, Parameter, doppelte oder kodierte Schrägstriche, oder eine andere Großschreibung als die der API.',
    fix: 'Senden Sie die schlichte Adresse: kein . oder .., kein ;, keine unnötigen Kodierungen, Großschreibung wie im path_prefix.',
  },
  address_unknown: {
    title: 'Hier ist keine API veröffentlicht',
    cause: 'Keine API hat diesen Host mit einem path_prefix, unter dem dieser Pfad liegt.',
    fix: 'Nehmen Sie den Host in hosts der API auf, oder berichtigen Sie path_prefix; und sehen Sie, welchen Host das Gateway sendet.',
  },
  address_unreadable: {
    title: 'Woher die Anfrage kommt, ist nicht zu lesen',
    cause:
      'Ein vertrauenswürdiger Proxy gibt ein X-Forwarded-For weiter, in dem etwas steht, das keine Netzadresse ist.',
    fix: 'Lassen Sie den Proxy die Adresse schreiben, von der er die Anfrage hat, und nichts, was Aufrufer geschrieben haben.',
  },
  identity_header_forged: {
    title: 'Die Anfrage trägt einen Header, den nur das Gateway setzt',
    cause:
      'Ein Header ist so geschrieben, dass die API ihn für einen X-Auth-Header halten könnte, oder Connection nennt einen davon.',
    fix: 'Lassen Sie solche Header weg; wer aufruft, sagt allein das Gateway.',
  },
  credentials_ambiguous: {
    title: 'Die Anfrage trägt mehr als einen Nachweis einer Art',
    cause: 'Authorization, X-API-Key oder DPoP kam mehr als einmal; Gateway und API könnten verschiedene lesen.',
    fix: 'Senden Sie jeden Header einmal.',
  },
  basic_malformed: {
    title: 'Benutzername und Passwort sind nicht zu lesen',
    cause:
      'Was im Header Authorization auf Basic folgt, ist kein base64 aus Benutzername, Doppelpunkt und Passwort in UTF-8 ohne Steuerzeichen (RFC 7617).',
    fix: 'Lassen Sie die HTTP-Bibliothek den Header bilden.',
  },
  basic_not_accepted: {
    title: 'Die API nimmt keine Benutzernamen und Passwörter',
    cause: 'Die Anfrage trägt Authorization: Basic, und die API nennt keine Anmeldequelle der Art local.',
    fix: 'Senden Sie ein Access-Token, oder geben Sie der API eine Quelle der Art local.',
  },
} as const satisfies TranslatedReasons
