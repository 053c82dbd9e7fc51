/** Auf Deutsch: warum ein Client-Zertifikat nicht angenommen wird. */
import type { TranslatedReasons } from '../reasons.ts'

export const certificates = {
  certificate_not_believed: {
    title: 'Dem Client-Zertifikat wird nicht geglaubt',
    cause:
      'Ein Header trägt ein Client-Zertifikat, kam aber ohne das Geheimnis eines Gateways, oder es ist keiner, den Gateways hier schreiben. Ein öffentliches Zertifikat kann jeder senden.',
    fix: 'Lassen Sie das Gateway sein Geheimnis in X-Gatehouse-Gateway senden, und nennen Sie den Header in gateway.certificate_headers.',
  },
  certificate_ambiguous: {
    title: 'Die Anfrage trägt mehr als ein Client-Zertifikat',
    cause: 'Der Header mit dem Zertifikat kam mehr als einmal, mit mehreren Teilen oder neben einem anderen solchen.',
    fix: 'Lassen Sie das Gateway einen Header schreiben und die anderen entfernen.',
  },
  certificate_unreadable: {
    title: 'Das Client-Zertifikat ist nicht zu lesen',
    cause: 'Was das Gateway sendet, ist kein Zertifikat in der Form dieses Headers, oder es sind mehr als acht.',
    fix: 'Vergleichen Sie das Gateway mit docs/connectors/certificate.md: Nötig ist das ganze Zertifikat.',
  },
  certificate_refused: {
    title: 'Das Gateway hat das Client-Zertifikat nicht angenommen',
    cause: 'X-Gatehouse-Client-Verify sagt etwas anderes, als dass das Zertifikat geprüft ist.',
    fix: 'Sehen Sie in das Protokoll des Gateways.',
  },
  certificate_missing: {
    title: 'Ein Client-Zertifikat ist nötig',
    cause:
      'Die API nennt nur Anmeldequellen der Art certificate, oder die Tokens des Clients sind an sein Zertifikat gebunden, und kein Gateway oder Proxy hat eines genannt.',
    fix: 'Verbinden Sie sich mit einem; und sehen Sie nach, ob das Gateway oder der Proxy vor dem Broker danach fragt und es weitergibt.',
  },
  certificate_untrusted: {
    title: 'Das Client-Zertifikat ist von niemandem, dem hier vertraut wird',
    cause:
      'Vom Zertifikat führt kein Weg zu einer Stelle, der die Quellen der API glauben: eine andere Stelle, eine falsche oder zu schwache Signatur, oder eine Zwischenstelle, die fehlt, abgelaufen ist oder es nicht ausstellen darf.',
    fix: 'Vergleichen Sie seinen Aussteller mit ca_certificates der Quelle, und nennen Sie die dazwischen in intermediate_certificates.',
  },
  certificate_expired: {
    title: 'Das Client-Zertifikat ist abgelaufen',
    cause: 'Das Zertifikat galt bis zu einem Zeitpunkt, der vergangen ist.',
    fix: 'Holen Sie ein neues.',
  },
  certificate_not_yet_valid: {
    title: 'Das Client-Zertifikat gilt noch nicht',
    cause: 'Das Zertifikat gilt erst ab einem Zeitpunkt, der noch kommt.',
    fix: 'Vergleichen Sie die Uhren.',
  },
  certificate_weak: {
    title: 'Das Client-Zertifikat ist zu schwach',
    cause:
      'Es ist mit SHA-1 oder MD5 signiert, oder sein Schlüssel ist kürzer als RSA 2048 oder auf einer Kurve, die nicht angenommen wird.',
    fix: 'Holen Sie eines mit RSA ab 2048 Bit, P-256, P-384, P-521 oder Ed25519, signiert mit SHA-256 oder besser.',
  },
  certificate_not_for_clients: {
    title: 'Das Zertifikat ist nicht für Clients',
    cause:
      'Es ist das einer Stelle, ihm fehlt clientAuth oder digitalSignature, oder es hat eine kritische Erweiterung, die hier nicht bekannt ist.',
    fix: 'Holen Sie eines für Clients, oder setzen Sie extended_key_usage der Quelle auf if_present.',
  },
  certificate_revoked: {
    title: 'Das Client-Zertifikat wurde widerrufen',
    cause: 'Eine Sperrliste nennt das Zertifikat, oder eine Stelle zwischen ihm und der, der vertraut wird.',
    fix: 'Holen Sie ein neues.',
  },
  certificate_subject_not_allowed: {
    title: 'Der Inhaber des Zertifikats darf nicht kommen',
    cause:
      'Der Inhaber des Zertifikats passt zu keinem Muster in subjects der Quelle, oder es steht nicht in thumbprints.',
    fix: 'Nehmen Sie ein Muster für seinen Namen auf, wie RFC 4514 ihn schreibt, oder zeigen Sie ein anderes Zertifikat.',
  },
  certificate_subject_unclear: {
    title: 'Das Client-Zertifikat sagt nicht, wessen es ist',
    cause:
      'Was die Quelle für den Namen des Aufrufers nimmt (user_id), steht nicht genau einmal darin, oder es ist kein einfacher Text.',
    fix: 'Wählen Sie für die Quelle ein anderes user_id, oder Zertifikate mit einem solchen Namen.',
  },
} as const satisfies TranslatedReasons
