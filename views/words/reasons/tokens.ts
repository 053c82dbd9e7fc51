/** Auf Deutsch: warum ein Token oder ein Code nicht angenommen wird. */
import type { TranslatedReasons } from '../reasons.ts'

export const tokens = {
  token_missing: {
    title: 'Ein Token ist nötig',
    cause: 'Im Header Authorization der Anfrage steht kein Bearer-Token.',
    fix: 'Senden Sie Authorization: Bearer mit einem Access-Token.',
  },
  token_malformed: {
    title: 'Das ist kein Access-Token',
    cause: 'Das Token ist kein JWT in der einen Form, in der wir sie ausstellen.',
    fix: 'Senden Sie das access_token der Token-Antwort unverändert.',
  },
  token_too_large: {
    title: 'Das Token würde zu groß',
    cause: 'Das Access-Token würde größer, als tokens.max_bytes erlaubt; abgeschnitten wird es nie.',
    fix: 'Machen Sie den Gruppenfilter der Quelle enger, ordnen Sie weniger Claims zu, oder erhöhen Sie tokens.max_bytes, soweit die Gateways es erlauben.',
  },
  token_algorithm: {
    title: 'Das Token ist nicht wie verlangt signiert',
    cause:
      'Das Token nennt ein Verfahren, mit dem der genannte Schlüssel nicht signiert, oder einen kritischen Header, der nicht bekannt ist.',
    fix: 'Nehmen Sie ein Token dieses Brokers.',
  },
  token_key_unknown: {
    title: 'Das Token ist mit einem unbekannten Schlüssel signiert',
    cause: 'Die Schlüssel-ID des Tokens ist keine von unseren.',
    fix: 'Holen Sie ein neues Token, und senden Sie es, wie es kam.',
  },
  token_signature: {
    title: 'Die Signatur des Tokens ist falsch',
    cause:
      'Die Signatur passt nicht zu dem Schlüssel, den das Token nennt: Es wurde verändert, oder jemand anderes hat es gemacht.',
    fix: 'Holen Sie ein neues Token, und senden Sie es, wie es kam.',
  },
  token_issuer: {
    title: 'Das Token ist von einem anderen Aussteller',
    cause: 'Der Claim iss nennt nicht diesen Broker.',
    fix: 'Holen Sie ein Token von diesem Aussteller.',
  },
  token_type: {
    title: 'Das ist kein Access-Token',
    cause: 'Das Token ist echt, aber von anderer Art, etwa ein ID-Token.',
    fix: 'Senden Sie das access_token, nicht das id_token.',
  },
  token_expired: {
    title: 'Das Token ist abgelaufen',
    cause: 'Der Claim exp liegt in der Vergangenheit.',
    fix: 'Holen Sie mit dem Refresh-Token ein neues.',
  },
  token_not_yet_valid: {
    title: 'Das Token gilt noch nicht',
    cause: 'Der Claim nbf oder iat liegt in der Zukunft.',
    fix: 'Vergleichen Sie die Uhren.',
  },
  token_revoked: {
    title: 'Das Token wurde widerrufen',
    cause: 'Das Token, seine Erteilung oder seine Sitzung wurde widerrufen oder ist zu Ende.',
    fix: 'Melden Sie sich noch einmal an.',
  },
  token_inactive: {
    title: 'Der Aussteller kennt dieses Token nicht oder nicht mehr',
    cause: 'Das Token ist kein JWT, und der Aussteller, der danach gefragt wurde, sagt, dass es nicht gilt.',
    fix: 'Holen Sie ein neues Token, und senden Sie es, wie es kam.',
  },
  token_bound: {
    title: 'Das Token ist an einen Schlüssel gebunden',
    cause:
      'Das Token nennt einen Schlüssel, den der Aufrufer anders nachweisen muss (cnf) als durch DPoP oder ein Zertifikat; das lässt sich hier nicht prüfen.',
    fix: 'Holen Sie eines, das durch DPoP (RFC 9449) oder an ein Zertifikat (RFC 8705) gebunden ist, oder an nichts.',
  },
  code_reused: {
    title: 'Der Authorization Code wurde schon benutzt',
    cause: 'Ein Code gilt für eine Token-Anfrage. Dieser kam ein zweites Mal; was er gegeben hatte, wurde widerrufen.',
    fix: 'Melden Sie sich noch einmal an, und suchen Sie, was den Code zweimal sendet.',
  },
  refresh_token_reused: {
    title: 'Das Refresh-Token wurde schon benutzt',
    cause:
      'Jeder Gebrauch eines Refresh-Tokens gibt ein neues. Dieses alte kam noch einmal; darum wurde die Erteilung widerrufen.',
    fix: 'Melden Sie sich noch einmal an. Behält die Anwendung jedes neue, so hatte jemand anderes dieses.',
  },
  token_audience: {
    title: 'Das Token ist für eine andere API',
    cause: 'Weder der Empfänger (aud) des Tokens noch der Client, für den es ausgestellt ist, wird hier angenommen.',
    fix: 'Verlangen Sie eines für diese API (Parameter resource, RFC 8707), oder berechtigen Sie den Client.',
  },
  insufficient_scope: {
    title: 'Das Token erlaubt dies nicht',
    cause: 'Dem Token fehlt der Scope, den dies verlangt.',
    fix: 'Verlangen Sie ein Token mit dem Scope, den die Antwort nennt.',
  },
} as const satisfies TranslatedReasons
