/** Auf Deutsch: warum ein Token, ein Schlüssel oder ein Aufruf nicht angenommen wird. */
import type { TranslatedReasons } from '../reasons.ts'

const another = 'Holen Sie ein neues Token, und senden Sie es, wie es kam.'

export const calls = {
  logout_unanswered: {
    title: 'Der Anwendung konnte die Abmeldung nicht gesagt werden',
    fix: 'Sehen Sie nach der Anwendung und dem Netz dazwischen. Ihre Tokens der Sitzung sind trotzdem zu Ende.',
  },
  logout_refused: {
    title: 'Die Anwendung hat die Abmeldung nicht angenommen',
    fix: 'Sehen Sie in das Protokoll der Anwendung: Stimmt die Adresse, und prüft sie mit unserem JWKS, Aussteller und ihrer Client-ID?',
  },
  logout_address_refused: {
    title: 'Die Adresse für Abmeldungen darf nicht aufgerufen werden',
    fix: 'Ist die Adresse gemeint, nennen Sie ihren Host in backchannel_logout.private_hosts.',
  },
  token_missing: { title: 'Ein Token ist nötig', fix: 'Senden Sie Authorization: Bearer mit einem Access-Token.' },
  token_malformed: {
    title: 'Das ist kein Access-Token',
    fix: 'Senden Sie das access_token der Token-Antwort unverändert.',
  },
  token_too_large: {
    title: 'Das Token würde zu groß',
    fix: 'Machen Sie den Gruppenfilter der Quelle enger, ordnen Sie weniger Claims zu, oder erhöhen Sie tokens.max_bytes, soweit die Gateways es erlauben.',
  },
  token_algorithm: { title: 'Das Token ist nicht wie verlangt signiert', fix: 'Nehmen Sie ein Token dieses Brokers.' },
  token_key_unknown: { title: 'Das Token ist mit einem unbekannten Schlüssel signiert', fix: another },
  token_signature: { title: 'Die Signatur des Tokens ist falsch', fix: another },
  token_issuer: {
    title: 'Das Token ist von einem anderen Aussteller',
    fix: 'Holen Sie ein Token von diesem Aussteller.',
  },
  token_type: { title: 'Das ist kein Access-Token', fix: 'Senden Sie das access_token, nicht das id_token.' },
  token_expired: { title: 'Das Token ist abgelaufen', fix: 'Holen Sie mit dem Refresh-Token ein neues.' },
  token_not_yet_valid: { title: 'Das Token gilt noch nicht', fix: 'Vergleichen Sie die Uhren.' },
  token_revoked: { title: 'Das Token wurde widerrufen', fix: 'Melden Sie sich noch einmal an.' },
  token_inactive: { title: 'Der Aussteller kennt dieses Token nicht oder nicht mehr', fix: another },
  token_bound: {
    title: 'Das Token ist an einen Schlüssel gebunden',
    fix: 'Holen Sie eines, das an ein Zertifikat gebunden ist (RFC 8705), oder an nichts.',
  },
  code_reused: {
    title: 'Der Authorization Code wurde schon benutzt',
    fix: 'Melden Sie sich noch einmal an, und suchen Sie, was den Code zweimal sendet.',
  },
  refresh_token_reused: {
    title: 'Das Refresh-Token wurde schon benutzt',
    fix: 'Melden Sie sich noch einmal an. Behält die Anwendung jedes neue, so hatte jemand anderes dieses.',
  },
  token_audience: {
    title: 'Das Token ist für eine andere API',
    fix: 'Verlangen Sie eines für diese API (Parameter resource, RFC 8707), oder berechtigen Sie den Client.',
  },
  insufficient_scope: {
    title: 'Das Token erlaubt dies nicht',
    fix: 'Verlangen Sie ein Token mit dem Scope, den die Antwort nennt.',
  },
  api_key_mistyped: {
    title: 'Das ist kein ganzer API-Schlüssel',
    fix: 'Senden Sie ihn genau, wie er gezeigt wurde. Ist er verloren, machen Sie einen neuen.',
  },
  api_key_unknown: {
    title: 'Dieser API-Schlüssel ist nicht bekannt',
    fix: 'Machen Sie einen Schlüssel für die Anwendung, und senden Sie den.',
  },
  api_key_expired: {
    title: 'Dieser API-Schlüssel ist abgelaufen',
    fix: 'Senden Sie den, der ihn ersetzt hat, oder machen Sie einen neuen; tauschen Sie Schlüssel rechtzeitig.',
  },
  api_key_wrong_api: {
    title: 'Dieser API-Schlüssel ist für eine andere API',
    fix: 'Senden Sie den, den die Anwendung für diese API hat, oder machen Sie einen.',
  },
  application_disabled_by_publisher: {
    title: 'Der Anbieter der API hat diese Anwendung ausgeschaltet',
    fix: 'Nur der Anbieter kann das zurücknehmen.',
  },
  application_disabled_by_consumer: {
    title: 'Ihr Eigentümer hat diese Anwendung ausgeschaltet',
    fix: 'Der Eigentümer oder der Anbieter kann das zurücknehmen.',
  },
  gateway_not_trusted: {
    title: 'Dieses Gateway darf nicht fragen',
    fix: 'Nehmen Sie seine Adresse in trusted_proxies auf (GATEHOUSE_TRUSTED_PROXIES).',
  },
  question_incomplete: {
    title: 'Das Gateway hat nicht gesagt, wonach gefragt wurde',
    fix: 'Vergleichen Sie seine Einstellungen mit dem Rezept (docs/gateways).',
  },
  address_ambiguous: {
    title: 'Diese Adresse lässt sich auf mehr als eine Weise lesen',
    fix: 'Senden Sie die schlichte Adresse: kein . oder .., kein ;, keine unnötigen Kodierungen, Großschreibung wie im path_prefix.',
  },
  address_unknown: {
    title: 'Hier ist keine API veröffentlicht',
    fix: 'Nehmen Sie den Host in hosts der API auf, oder berichtigen Sie path_prefix; und sehen Sie, welchen Host das Gateway sendet.',
  },
  identity_header_forged: {
    title: 'Die Anfrage trägt einen Header, den nur das Gateway setzt',
    fix: 'Lassen Sie solche Header weg; wer aufruft, sagt allein das Gateway.',
  },
  credentials_ambiguous: {
    title: 'Die Anfrage trägt mehr als einen Nachweis einer Art',
    fix: 'Senden Sie jeden Header einmal.',
  },
  basic_malformed: {
    title: 'Benutzername und Passwort sind nicht zu lesen',
    fix: 'Lassen Sie die HTTP-Bibliothek den Header bilden.',
  },
  basic_not_accepted: {
    title: 'Die API nimmt keine Benutzernamen und Passwörter',
    fix: 'Senden Sie ein Access-Token, oder geben Sie der API eine Quelle der Art local.',
  },
  certificate_not_believed: {
    title: 'Dem Client-Zertifikat wird nicht geglaubt',
    fix: 'Lassen Sie das Gateway sein Geheimnis in X-Gatehouse-Gateway senden, und nennen Sie den Header in gateway.certificate_headers.',
  },
  certificate_ambiguous: {
    title: 'Die Anfrage trägt mehr als ein Client-Zertifikat',
    fix: 'Lassen Sie das Gateway einen Header schreiben und die anderen entfernen.',
  },
  certificate_unreadable: {
    title: 'Das Client-Zertifikat ist nicht zu lesen',
    fix: 'Vergleichen Sie das Gateway mit docs/connectors/certificate.md: Nötig ist das ganze Zertifikat.',
  },
  certificate_refused: {
    title: 'Das Gateway hat das Client-Zertifikat nicht angenommen',
    fix: 'Sehen Sie in das Protokoll des Gateways.',
  },
  certificate_missing: {
    title: 'Ein Client-Zertifikat ist nötig',
    fix: 'Verbinden Sie sich mit einem; und sehen Sie nach, ob das Gateway danach fragt und es weitergibt.',
  },
  certificate_untrusted: {
    title: 'Das Client-Zertifikat ist von niemandem, dem hier vertraut wird',
    fix: 'Vergleichen Sie seinen Aussteller mit ca_certificates der Quelle, und nennen Sie die dazwischen in intermediate_certificates.',
  },
  certificate_expired: { title: 'Das Client-Zertifikat ist abgelaufen', fix: 'Holen Sie ein neues.' },
  certificate_not_yet_valid: { title: 'Das Client-Zertifikat gilt noch nicht', fix: 'Vergleichen Sie die Uhren.' },
  certificate_weak: {
    title: 'Das Client-Zertifikat ist zu schwach',
    fix: 'Holen Sie eines mit RSA ab 2048 Bit, P-256, P-384, P-521 oder Ed25519, signiert mit SHA-256 oder besser.',
  },
  certificate_not_for_clients: {
    title: 'Das Zertifikat ist nicht für Clients',
    fix: 'Holen Sie eines für Clients, oder setzen Sie extended_key_usage der Quelle auf if_present.',
  },
  certificate_revoked: { title: 'Das Client-Zertifikat wurde widerrufen', fix: 'Holen Sie ein neues.' },
  certificate_subject_not_allowed: {
    title: 'Der Inhaber des Zertifikats darf nicht kommen',
    fix: 'Nehmen Sie ein Muster für seinen Namen auf, wie RFC 4514 ihn schreibt, oder zeigen Sie ein anderes Zertifikat.',
  },
  certificate_subject_unclear: {
    title: 'Das Client-Zertifikat sagt nicht, wessen es ist',
    fix: 'Wählen Sie für die Quelle ein anderes user_id, oder Zertifikate mit einem solchen Namen.',
  },
  token_not_bound: {
    title: 'Das Token muss an einen Schlüssel gebunden sein',
    fix: 'Holen Sie ein gebundenes, oder nehmen Sie sender_constraint von der API.',
  },
  token_binding_unproven: {
    title: 'Das Token gehört zu einem anderen Schlüssel',
    fix: 'Rufen Sie mit dem Zertifikat auf, für das es ausgestellt ist, durch ein Gateway, das es weitergibt.',
  },
  insufficient_user_authentication: {
    title: 'Eine stärkere oder frischere Anmeldung ist nötig',
    fix: 'Melden Sie sich mit acr_values und max_age der Antwort noch einmal an (RFC 9470).',
  },
  rate_limited: {
    title: 'Zu viele Aufrufe',
    fix: 'Versuchen Sie es nach den Sekunden von Retry-After wieder, oder erhöhen Sie die Grenze der API.',
  },
  api_source_not_accepted: {
    title: 'Die API nimmt diesen Weg der Anmeldung nicht an',
    fix: 'Melden Sie sich über eine Quelle der API an, oder nehmen Sie diese in authentication_sources auf.',
  },
  api_source_sunset: {
    title: 'Die API nimmt diesen Weg der Anmeldung nicht mehr an',
    fix: 'Melden Sie sich über eine andere Quelle der API an, oder verschieben Sie sunset.',
  },
  api_key_missing: {
    title: 'Ein API-Schlüssel ist nötig',
    fix: 'Senden Sie den Schlüssel der Anwendung für diese API im Header X-API-Key.',
  },
  api_key_not_of_client: {
    title: 'API-Schlüssel und Token gehören zu verschiedenen Anwendungen',
    fix: 'Senden Sie den Schlüssel der Anwendung, bei der sich die Person angemeldet hat, mit deren Token.',
  },
  role_missing: {
    title: 'Eine Rolle fehlt',
    fix: 'Geben Sie der Person eine der required_roles der API, selbst oder durch die Zuordnung der Quelle.',
  },
  group_missing: {
    title: 'Eine Gruppe fehlt',
    fix: 'Nehmen Sie die Person beim Identitätsanbieter in eine der required_groups auf, und sehen Sie, ob die Zuordnung sie durchlässt.',
  },
  claim_mismatch: {
    title: 'Ein Claim ist nicht wie verlangt',
    fix: 'Vergleichen Sie die Claims des Tokens mit denen, die die API verlangt.',
  },
  invalid_input: { title: 'Die Anfrage ist nicht gültig', fix: 'Berichtigen Sie, was genannt ist.' },
  not_found: {
    title: 'Unter dieser Adresse ist nichts',
    cause: 'Unter dieser Adresse ist nichts hinterlegt, oder es ist nicht mehr da.',
    fix: 'Prüfen Sie die Adresse und die ID darin.',
  },
  method_not_allowed: {
    title: 'Das geht hier nicht',
    cause: 'Die Adresse gibt es, aber nicht mit dieser Methode.',
    fix: 'Nehmen Sie eine der Methoden aus dem Header Allow.',
  },
  conflict: { title: 'Der Name ist vergeben', fix: 'Wählen Sie einen anderen, oder ändern Sie, was ihn hat.' },
  signing_key_too_new: {
    title: 'Der nächste Signaturschlüssel ist zu neu',
    fix: 'Wechseln Sie zu der Zeit, die die Antwort nennt. Ein Widerruf wartet nicht.',
  },
  in_use: { title: 'Es ist in Gebrauch', fix: 'Ändern oder entfernen Sie erst, was es braucht.' },
  changed_meanwhile: {
    title: 'Jemand hat es inzwischen geändert',
    fix: 'Lesen Sie es noch einmal, und wenden Sie die Änderung darauf an.',
  },
  too_large: { title: 'Die Anfrage ist zu groß', fix: 'Senden Sie weniger.' },
  unsupported_media_type: {
    title: 'Diese Art von Inhalt wird nicht verstanden',
    fix: 'Senden Sie die Art, die die Dokumentation nennt.',
  },
} as const satisfies TranslatedReasons
