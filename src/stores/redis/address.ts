import { StartProblem } from '../../errors.ts'

export interface Host {
  readonly host: string
  readonly port: number
}

/** Where Redis is, taken apart. */
export interface Address {
  readonly kind: 'single' | 'sentinel' | 'cluster'
  /** The server, the sentinels, or some members of the cluster. */
  readonly hosts: readonly Host[]
  /** What the sentinels call the primary. */
  readonly name: string | undefined
  readonly db: number
  readonly username: string | undefined
  readonly password: string | undefined
  /** Of the sentinels themselves, which often have none. */
  readonly sentinelPassword: string | undefined
  readonly tls: boolean
}

const form = /^(redis|rediss|redis\+sentinel|redis\+cluster):\/\/(?:([^@/?]*)@)?([^@/?]+)(?:\/([^?]*))?(?:\?(.*))?$/

/**
 * Reads `redis://[user:password@]host:port[/db]`, `rediss://…` (TLS), `redis+sentinel://[user:password@]h1:p,h2:p/NAME[/db]`
 * and `redis+cluster://[user:password@]h1:p,h2:p`. The last two know `?tls=true`, and the sentinels' own
 * `sentinel_password`. Throws {@link StartProblem}, which does not repeat the address: it may hold a password.
 */
export function parseAddress(url: string): Address {
  const [, scheme = '', credentials = '', hosts = '', path = '', query = ''] = form.exec(url) ?? wrong('no address')
  const [username, password] = credentials === '' ? [] : splitOnce(credentials, ':').map(decodeURIComponent)
  const parts = path.split('/').filter((part) => part !== '')
  const options = new URLSearchParams(query)
  const kind = scheme === 'redis+sentinel' ? 'sentinel' : scheme === 'redis+cluster' ? 'cluster' : 'single'
  const [name, db = '0'] = kind === 'sentinel' ? parts : [undefined, ...parts]
  if (kind === 'sentinel' && !name) wrong('the name of the primary is missing after the hosts')
  if (!/^\d+$/.test(db)) wrong('the database must be a number')
  if (kind === 'cluster' && db !== '0') wrong('a cluster has one database only')
  return {
    kind,
    hosts: hosts.split(',').map((host) => parseHost(host, kind === 'sentinel' ? 26379 : 6379)),
    name,
    db: Number(db),
    username: username || undefined,
    password: password || undefined,
    sentinelPassword: options.get('sentinel_password') ?? undefined,
    tls: scheme === 'rediss' || options.get('tls') === 'true',
  }
}

function parseHost(text: string, defaultPort: number): Host {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text.trim()) ?? []
  const host = bracketed ?? plain
  if (!host) wrong('a host is missing or has no form of host:port')
  return { host, port: port === undefined ? defaultPort : Number(port) }
}

function splitOnce(text: string, separator: string): readonly string[] {
  const at = text.indexOf(separator)
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}

function wrong(what: string): never {
  throw new StartProblem(`redis_url: ${what}`)
}
