import { StartProblem } from '../../errors.ts'
import { printable } from '../../redaction.ts'

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

const knownOptions: Readonly<Record<Address['kind'], readonly string[]>> = {
  single: [],
  cluster: ['tls'],
  sentinel: ['tls', 'sentinel_password'],
}

const escapes = 'in a password, characters such as / : @ # % are written as %2F, %3A…'

const form = /^(redis|rediss|redis\+sentinel|redis\+cluster):\/\/(?:([^@/?]*)@)?([^@/?]+)(?:\/([^?]*))?(?:\?(.*))?$/

/**
 * Reads `redis://[user:password@]host:port[/db]`, `rediss://…` (TLS), `redis+sentinel://[user:password@]h1:p,h2:p/NAME[/db]`
 * and `redis+cluster://[user:password@]h1:p,h2:p`. The last two know `?tls=true`, and the sentinels' own
 * `sentinel_password`. Throws {@link StartProblem}, which does not repeat the address: it may hold a password.
 */
export function parseAddress(url: string): Address {
  const [, scheme = '', credentials = '', hosts = '', path = '', query = ''] = form.exec(url) ?? wrong('no address')
  const [username, password] = credentials === '' ? [] : splitOnce(credentials, ':').map(decoded)
  const parts = path.split('/').filter((part) => part !== '')
  const kind = scheme === 'redis+sentinel' ? 'sentinel' : scheme === 'redis+cluster' ? 'cluster' : 'single'
  const { tls, sentinelPassword } = readOptions(query, kind)
  const [name, db = '0'] = kind === 'sentinel' ? parts : [undefined, ...parts]
  if (kind === 'sentinel' && !name) wrong('the name of the primary is missing after the hosts')
  if (!/^\d+$/.test(db)) wrong(`the database must be a number; ${escapes}`)
  if (kind === 'cluster' && db !== '0') wrong('a cluster has one database only')
  return {
    kind,
    hosts: hosts.split(',').map((host) => parseHost(host, kind === 'sentinel' ? 26379 : 6379)),
    name,
    db: Number(db),
    username: username || undefined,
    password: password || undefined,
    sentinelPassword,
    tls: scheme === 'rediss' || tls === 'true',
  }
}

/** One that is not understood is not passed over: it may be what was to encrypt. */
function readOptions(query: string, kind: Address['kind']) {
  const known = knownOptions[kind]
  const options = new URLSearchParams(query)
  for (const name of options.keys()) {
    if (kind === 'single' && name === 'tls') wrong('one server is reached over TLS by rediss://')
    if (!known.includes(name)) wrong(`there is no ?${printable(name)} for such an address`)
  }
  const tls = options.get('tls') ?? 'false'
  if (tls !== 'true' && tls !== 'false') wrong('?tls= must be true or false')
  return { tls, sentinelPassword: options.get('sentinel_password') ?? undefined }
}

function parseHost(text: string, defaultPort: number): Host {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text.trim()) ?? []
  const host = bracketed ?? plain
  if (!host) wrong('a host is missing or has no form of host:port')
  if (Number(port ?? defaultPort) > 65_535 || Number(port) === 0) wrong('a port is a number from 1 to 65535')
  return { host, port: port === undefined ? defaultPort : Number(port) }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return wrong(escapes)
  }
}

function splitOnce(text: string, separator: string): readonly string[] {
  const at = text.indexOf(separator)
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}

function wrong(what: string): never {
  throw new StartProblem(`redis_url: ${what}`)
}
