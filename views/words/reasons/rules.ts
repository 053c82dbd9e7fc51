/** Auf Deutsch: warum ein Aufruf an den Regeln einer API scheitert. */
import type { TranslatedReasons } from '../reasons.ts'

export const rules = {
  token_not_bound: {
    title: 'Das Token muss an einen Schlüssel gebunden sein',
    cause:
      'Die API nimmt nur Tokens, die an einen nachgewiesenen Schlüssel gebunden sind (sender_constraint), und dieses ist keines.',
    fix: 'Holen Sie ein gebundenes, oder nehmen Sie sender_constraint von der API.',
  },
  token_binding_unproven: {
    title: 'Das Token gehört zu einem anderen Schlüssel',
    cause:
      'Das Token ist an ein Zertifikat gebunden (cnf, RFC 8705), für das das Gateway bei diesem Aufruf nicht bürgt, oder an etwas, das sich hier nicht nachweisen lässt, etwa einen DPoP-Schlüssel.',
    fix: 'Rufen Sie mit dem Zertifikat auf, für das es ausgestellt ist, durch ein Gateway, das es weitergibt.',
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
