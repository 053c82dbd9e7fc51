/** Auf Deutsch: warum ein Aufruf an den Regeln einer API scheitert. */
import type { TranslatedReasons } from '../reasons.ts'

export const rules = {
  token_not_bound: {
    title: 'Das Token muss an einen Schlüssel gebunden sein',
    cause:
      'Die API nimmt nur Tokens, die an einen nachgewiesenen Schlüssel gebunden sind (sender_constraint), und dieses ist keines; oder hinter DPoP stand eines, das nicht durch DPoP gebunden ist.',
    fix: 'Holen Sie ein gebundenes (mit einem DPoP-Nachweis oder einem Client-Zertifikat), oder nehmen Sie sender_constraint von der API.',
  },
  token_binding_unproven: {
    title: 'Das Token gehört zu einem anderen Schlüssel',
    cause:
      'Das Token ist an den Schlüssel eines DPoP-Nachweises (RFC 9449) oder an ein Zertifikat (RFC 8705) gebunden (cnf), und nichts an diesem Aufruf zeigt, dass der Aufrufer eben diesen Schlüssel hat.',
    fix: 'Senden Sie es als Authorization: DPoP mit einem Nachweis des Schlüssels, für den es ausgestellt ist; oder rufen Sie mit seinem Zertifikat auf, durch ein Gateway, das es weitergibt.',
  },
  dpop_scheme_wrong: {
    title: 'Ein Token mit DPoP-Nachweis gehört hinter DPoP',
    cause:
      'Die Anfrage hat einen DPoP-Nachweis, aber ihr Token steht hinter Bearer, als müsste niemand etwas nachweisen.',
    fix: 'Senden Sie Authorization: DPoP und das Token; mit einem Token, das nicht gebunden ist, keinen Header DPoP.',
  },
  dpop_proof_missing: {
    title: 'Ein DPoP-Nachweis ist nötig',
    cause:
      'Das Token steht hinter DPoP, oder der Client oder der Code ist an einen Schlüssel gebunden, und die Anfrage hat keinen Header DPoP.',
    fix: 'Senden Sie mit jeder Anfrage einen neuen Nachweis (RFC 9449 §4.2) im Header DPoP; ein Gateway muss ihn an die Prüfung weitergeben.',
  },
  dpop_proof_invalid: {
    title: 'Das ist kein DPoP-Nachweis',
    cause:
      'Im Header DPoP steht kein JWT der Art dpop+jwt mit jti, iat, htm, htu und ath, das der öffentliche Schlüssel in seinem Kopf mit einem erlaubten Verfahren signiert hat.',
    fix: 'Bilden Sie Nachweise nach RFC 9449 §4.2, mit einem der dpop_signing_alg_values_supported.',
  },
  dpop_proof_mismatch: {
    title: 'Der DPoP-Nachweis gilt einer anderen Anfrage',
    cause:
      'Methode (htm), Adresse (htu) oder Token (ath) des Nachweises sind nicht die der Anfrage, wie das Gateway sie nennt.',
    fix: 'Bilden Sie für jede Anfrage einen neuen. Stimmt er, so vergleichen Sie htu mit Schema, Host und Port, die das Gateway der Prüfung sendet.',
  },
  dpop_proof_stale: {
    title: 'Der DPoP-Nachweis ist nicht von eben',
    cause: 'Die Zeit im Nachweis (iat) liegt mehr als eine Minute neben der Zeit hier.',
    fix: 'Bilden Sie für jede Anfrage einen neuen, und stellen Sie die Uhr des Geräts.',
  },
  dpop_proof_replayed: {
    title: 'Der DPoP-Nachweis wurde schon benutzt',
    cause: 'Ein Nachweis zählt einmal. Einer mit dieser jti, vom selben Schlüssel, war schon hier.',
    fix: 'Bilden Sie für jede Anfrage einen neuen, auch beim nächsten Versuch. Tut die Anwendung das, so hat jemand anderes einen gelesen.',
  },
  insufficient_user_authentication: {
    title: 'Eine stärkere oder frischere Anmeldung ist nötig',
    cause:
      'Die API verlangt eine Vertrauensstufe (required_acr) oder eine frische Anmeldung (max_auth_age), und das Token sagt davon nichts.',
    fix: 'Melden Sie sich mit acr_values und max_age der Antwort noch einmal an (RFC 9470).',
  },
  rate_limited: {
    title: 'Zu viele Aufrufe',
    cause: 'Die Aufrufe dieses Zeitfensters sind verbraucht: rate_limit der API, auf allen Knoten zusammen gezählt.',
    fix: 'Versuchen Sie es nach den Sekunden von Retry-After wieder, oder erhöhen Sie die Grenze der API.',
  },
  api_source_not_accepted: {
    title: 'Die API nimmt diesen Weg der Anmeldung nicht an',
    cause:
      'Die API nennt ihre Anmeldequellen, und das Token kommt von keiner davon. Eines, das ein Client für sich selbst geholt hat, kommt von keiner.',
    fix: 'Melden Sie sich über eine Quelle der API an, oder nehmen Sie diese in authentication_sources auf.',
  },
  api_source_sunset: {
    title: 'Die API nimmt diesen Weg der Anmeldung nicht mehr an',
    cause: 'Die Frist (sunset) dieser Anmeldequelle an der API ist vorbei.',
    fix: 'Melden Sie sich über eine andere Quelle der API an, oder verschieben Sie sunset.',
  },
  api_key_missing: {
    title: 'Ein API-Schlüssel ist nötig',
    cause: 'Die API verlangt den Schlüssel einer Anwendung, und X-API-Key enthält keinen.',
    fix: 'Senden Sie den Schlüssel der Anwendung für diese API im Header X-API-Key.',
  },
  api_key_not_of_client: {
    title: 'API-Schlüssel und Token gehören zu verschiedenen Anwendungen',
    cause:
      'Die API verlangt, dass die Anwendung des Schlüssels der Client des Tokens ist (key_must_match_token), und das ist sie nicht.',
    fix: 'Senden Sie den Schlüssel der Anwendung, bei der sich die Person angemeldet hat, mit deren Token.',
  },
  role_missing: {
    title: 'Eine Rolle fehlt',
    cause: 'Wer aufruft, hat keine der Rollen, die die API verlangt.',
    fix: 'Geben Sie der Person eine der required_roles der API, selbst oder durch die Zuordnung der Quelle.',
  },
  group_missing: {
    title: 'Eine Gruppe fehlt',
    cause: 'Wer aufruft, ist in keiner der Gruppen, die die API verlangt.',
    fix: 'Nehmen Sie die Person beim Identitätsanbieter in eine der required_groups auf, und sehen Sie, ob die Zuordnung sie durchlässt.',
  },
  claim_mismatch: {
    title: 'Ein Claim ist nicht wie verlangt',
    cause: 'Ein Claim des Aufrufers hält eine Claim-Regel der API nicht ein.',
    fix: 'Vergleichen Sie die Claims des Tokens mit denen, die die API verlangt.',
  },
} as const satisfies TranslatedReasons
