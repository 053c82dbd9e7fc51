import type { ConsoleWords } from '../../console.ts'

const sources: ConsoleWords['fields']['sources'] = {
  alias: {
    label: 'Alias',
    help: 'Steht in den Adressen, die die andere Seite braucht, und in Tokens. Er ändert sich nie.',
  },
  name: { label: 'Name', help: 'Was Personen lesen, wenn sie wählen, wo sie sich anmelden.' },
  description: { label: 'Beschreibung', help: 'Für die Verwaltung: wessen Quelle es ist, und wofür.' },
  enabled: { label: 'Eingeschaltet' },
  hidden: {
    label: 'Nicht zur Auswahl anbieten',
    help: 'Über einen Hinweis oder eine E-Mail-Domain ist sie weiter erreichbar.',
  },
  domains: {
    label: 'E-Mail-Domains',
    help: 'Wer eine solche Adresse hat, wird geradewegs hierher geschickt.',
    placeholder: 'acme.com',
  },
  'config.issuer': {
    label: 'Aussteller (Issuer)',
    help: 'Genau so, wie ihn das dortige Discovery-Dokument schreibt, mit oder ohne Schrägstrich am Ende.',
    placeholder: 'https://acme.okta.com',
  },
  'config.client_id': {
    label: 'Client-ID',
    help: 'Die andere Konsole zeigt sie, sobald die Anwendung registriert ist.',
  },
  'config.client_secret': { label: 'Client-Secret', help: 'Wird verschlüsselt hinterlegt und nie wieder gezeigt.' },
  'config.client_secret_expires_at': {
    label: 'Ende des Client-Secrets',
    help: 'Ab wann der Anbieter es nicht mehr nimmt, damit es jemand rechtzeitig erfährt. Mit Zeitzone: 2027-01-31T12:00:00Z.',
  },
  'config.token_endpoint_auth_method': {
    label: 'Wie wir nachweisen, wer wir sind',
    help: 'client_secret_basic erwarten die meisten Anbieter.',
  },
  'config.private_key_jwk': { label: 'Privater Schlüssel (JWK)', help: 'Nur für private_key_jwt.' },
  'config.scopes': { label: 'Scopes', help: 'Worum wir bitten; openid muss dabei sein.' },
  'config.userinfo': { label: 'Auch den Userinfo-Endpunkt fragen' },
  'config.id_token_signed_response_alg': {
    label: 'Signatur von ID-Tokens',
    help: 'Das eine Verfahren, das wir annehmen.',
  },
  'config.clock_tolerance': {
    label: 'Toleranz der Uhren (Sekunden)',
    help: 'Wie weit deren Uhr von unserer abweichen darf.',
  },
  'config.acr_values': {
    label: 'Vertrauensstufen',
    help: 'Die beste zuerst; erbeten, wenn die Anwendung keine nennt.',
  },
  'config.reauthentication': {
    label: 'Wenn eine frische Anmeldung verlangt ist',
    help: 'auth_time: den Zeitpunkt nachweisen lassen. trust: glauben, dass dort neu gefragt wurde.',
  },
  'config.upstream_logout': { label: 'Wer sich hier abmeldet, wird auch dort abgemeldet' },
  'config.group_overage': {
    label: 'Wenn es für ein Token zu viele Gruppen sind',
    help: 'Ablehnen (refuse), oder Microsoft Graph danach fragen.',
  },
  'config.microsoft_graph': { label: 'Adresse von Microsoft Graph', help: 'Für die üblichen Clouds bekannt.' },
  'config.extra_parameters': { label: 'Weitere Parameter der Anmeldeanfrage' },
  'config.allow_private_addresses': {
    label: 'Der Anbieter darf in einem privaten Netz stehen',
    help: 'Dann ist auch einfaches http erlaubt. Niemals für einen Anbieter im Internet.',
  },
  'config.jwks_uri': { label: 'Adresse der Schlüssel', help: 'Wenn es kein Discovery-Dokument gibt.' },
  'config.jwks': { label: 'Die Schlüssel selbst (JWK Set)', help: 'Anstelle einer Adresse.' },
  'config.public_key': {
    label: 'Die Schlüssel selbst (PEM)',
    help: 'Öffentliche Schlüssel oder Zertifikate, anstelle einer Adresse.',
  },
  'config.shared_secret': {
    label: 'Gemeinsames Geheimnis',
    help: 'Womit der Aussteller signiert (HS256 und dergleichen), anstelle von Schlüsseln.',
  },
  'config.algorithms': {
    label: 'Verfahren, die angenommen werden',
    help: 'Keines: RS256, oder HS256 mit einem gemeinsamen Geheimnis.',
  },
  'config.audiences': {
    label: 'Empfänger (aud)',
    help: 'Ein Token muss für einen davon bestimmt sein. Keiner: Es zählt der Empfänger der API.',
  },
  'config.user_claim': { label: 'Claim, der die Person nennt', help: 'Fehlt er in einem Token, zählt sub.' },
  'config.introspection_endpoint': {
    label: 'Adresse für Introspection',
    help: 'Für Tokens, die keine JWTs sind; ohne sie werden solche nicht angenommen.',
  },
  'config.introspection_client_id': { label: 'Client-ID zum Fragen' },
  'config.introspection_client_secret': { label: 'Client-Secret zum Fragen' },
  'config.ca_certificates': {
    label: 'Zertifizierungsstellen',
    help: 'Wessen Zertifikaten geglaubt wird: PEM, eines nach dem anderen.',
  },
  'config.intermediate_certificates': {
    label: 'Zwischenstellen',
    help: 'PEM; für Gateways, die keine Kette weitergeben. Für sich allein wird ihnen nicht geglaubt.',
  },
  'config.subjects': {
    label: 'Inhaber, die angenommen werden',
    help: 'Muster wie CN=*,OU=Partners,O=Acme. Keines: alle, für die die Stellen bürgen.',
  },
  'config.thumbprints': { label: 'Nur diese Zertifikate', help: 'Nach ihrem SHA-256. Keines: beliebige.' },
  'config.user_id': { label: 'Was den Aufrufer nennt' },
  'config.groups': { label: 'Gruppen', help: 'Aller, die über diese Quelle kommen.' },
  'config.organizational_units_as_groups': { label: 'Auch die OUs des Inhabers sind Gruppen' },
  'config.extended_key_usage': {
    label: 'Ob ein Zertifikat sagen muss, dass es für Clients ist',
    help: 'Mit clientAuth: verlangt (required), oder auch, wo es über seinen Zweck nichts sagt (if_present).',
  },
  'config.crls': { label: 'Sperrlisten (PEM)' },
  'config.crl_urls': { label: 'Wo Sperrlisten geholt werden', help: 'In DER oder PEM.' },
  'config.crl_refresh': { label: 'Neu holen nach (Sekunden)' },
  'config.crl_stale': {
    label: 'Wie lange eine überholte Liste noch gilt (Sekunden)',
    help: 'Nach ihrem nextUpdate, solange es keine neuere gibt.',
  },
  'config.crl_unknown': {
    label: 'Wenn keine geltende Liste ein Zertifikat abdeckt',
    help: 'Antworten, dass es niemand sagen kann (refuse: 503), oder es für gut nehmen (accept).',
  },
  'mapping.attributes': {
    label: 'Claims',
    help: 'Unser Claim = deren Claim, oder ein Pfad wie address.country.',
    placeholder: 'department = org.unit',
  },
  'mapping.groups.claim': { label: 'Deren Claim mit den Gruppen' },
  'mapping.groups.filter': {
    label: 'Gruppen, die bleiben',
    help: 'Ein regulärer Ausdruck (RE2), dem der ganze Name entsprechen muss.',
  },
  'mapping.roles': { label: 'Rollen', help: 'Ohne Gruppe haben alle die Rolle, die über diese Quelle kommen.' },
  'mapping.roles.when_group': { label: 'Wer in der Gruppe ist' },
  'mapping.roles.role': { label: 'hat die Rolle' },
  'mapping.roles.client': { label: 'des Clients oder der API' },
  'mapping.trust_email': {
    label: 'Glauben, dass eine E-Mail-Adresse dort geprüft ist',
    help: 'Nur für eine Quelle, die Adressen selbst prüft.',
  },
}

export const fields: ConsoleWords['fields'] = { sources }
