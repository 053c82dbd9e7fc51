import type { ConsoleWords } from '../../console.ts'

export const recipes: ConsoleWords['recipes'] = {
  title: 'Gateway-Rezepte',
  lead: 'Was in das Gateway vor einer API gehört, mit den Werten dieser Installation.',
  apiTitle: (name) => `Gateway-Rezepte für ${name}`,
  apiLead:
    'Die Dateien aus examples/gateways, mit denen jede Änderung erprobt wird. Was nur Sie wissen, etwa Geheimnisse, bleibt Ihnen überlassen.',
  which: 'Für welche API?',
  empty: 'Es gibt noch keine API. Ein Rezept ist für eine.',
  noneFound: 'Keine API passt zu dem, was Sie suchen.',
  gateway: 'Gateway',
  gateways: {
    nginx: 'nginx',
    caddy: 'Caddy',
    haproxy: 'HAProxy',
    apache: 'Apache',
    traefik: 'Traefik',
    envoy: 'Envoy',
    jwks: 'Nur JWKS',
  },
  how: {
    nginx: 'Es fragt zu jeder Anfrage mit auth_request. Binden Sie die Datei in den http-Block ein.',
    caddy: 'Es fragt zu jeder Anfrage mit forward_auth.',
    haproxy: 'Es prüft sofort, was ein Token über sich selbst sagt, und fragt zu jeder Anfrage mit etwas Lua.',
    apache:
      'Es kann zu einer Anfrage nicht fragen: Es prüft Tokens mit ihren Schlüsseln oder durch Introspektion, oder meldet Personen an.',
    traefik: 'Es fragt zu jeder Anfrage mit forwardAuth. Eine Datei der dynamischen Konfiguration.',
    envoy: 'Es fragt zu jeder Anfrage mit ext_authz über HTTP.',
    jwks: 'Es fragt niemanden: Es holt die Schlüssel und prüft jedes Token selbst. Diese Werte sind einzutragen.',
  },
  values: 'Werte',
  fields: {
    host: { label: 'Host' },
    broker: {
      label: 'Gatehouse, wie das Gateway es erreicht',
      help: 'Host und Port. Die Adresse des Gateways muss dort unter GATEHOUSE_TRUSTED_PROXIES stehen.',
    },
    backend: { label: 'Die API, wie das Gateway sie erreicht', help: 'Host und Port.' },
  },
  fill: 'Eintragen',
  noHost: 'Diese API hat noch keinen Host, Gateways finden sie also nicht. api.example.com steht für ihn.',
  badAddress: 'Das ist kein Host mit Port.',
  verify: 'Wo es fragt',
  copy: (file) => `${file} kopieren`,
  jwks: {
    issuer: 'Issuer',
    discovery: 'Discovery',
    keys: 'Schlüssel',
    algorithm: 'Algorithmus, und kein anderer',
    audience: 'Audience',
    groups: 'Claim mit den Gruppen',
    user: 'Claim mit der Person',
    kind: 'Claim, der es vom ID-Token unterscheidet',
    skew: 'Uhrenabweichung',
    seconds: (count) => `${count} Sekunden`,
    noAudience:
      'Diese API hat keine eigene Audience. Ohne sie könnte ein ID-Token für ein Access-Token gehalten werden: Geben Sie ihr eine.',
    blind:
      'Ein solches Gateway erfährt erst, wenn das Token abläuft, dass es widerrufen oder jemand ausgeschaltet wurde.',
  },
}
