/**
 * Where an API is found: hosts and a path below them. Each is kept in its one canonical form, and what two programs
 * on the way to the backend could read differently is refused instead of tidied up.
 */
import { isIPv4, isIPv6 } from 'node:net'
import { domainToASCII } from 'node:url'

/** The host in its canonical form, with its port if it names one; `undefined`: it is none. */
export function canonicalHost(text: string): string | undefined {
  const [, name = '', port] = /^(\[[0-9a-f:.]+\]|[^:/?#@\\\s[\]]+)(?::([1-9]\d{0,4}))?$/i.exec(text.trim()) ?? []
  if (name === '' || Number(port ?? 1) > 65_535) return undefined
  const host = name.startsWith('[') ? canonicalIPv6(name.slice(1, -1)) : canonicalName(name)
  return host && (port === undefined ? host : `${host}:${port}`)
}

const canonicalIPv6 = (address: string): string | undefined =>
  isIPv6(address) ? new URL(`http://[${address}]`).hostname : undefined

function canonicalName(name: string): string | undefined {
  if (isIPv4(name)) return name
  const ascii = domainToASCII(name.toLowerCase().replace(/\.$/, ''))
  const labels = ascii.split('.')
  // A name whose last part is a number is an address to some and a name to others (WHATWG URL §3.5).
  const isName =
    ascii.length <= 253 &&
    labels.every((label) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label)) &&
    !/^(\d+|0x[0-9a-f]*)$/.test(labels.at(-1) ?? '')
  return isName ? ascii : undefined
}

/** The path without the slash at its end. Only for one without a {@link pathProblem}. */
export const canonicalPath = (path: string): string => (path.length > 1 ? path.replace(/\/$/, '') : path)

/** Why a gateway and a backend might not mean the same by this path (RFC 3986 §6.2); `undefined`: they do. */
export function pathProblem(path: string): string | undefined {
  return ambiguity(path) ?? (/["<>^`{|}*[\]]/.test(path) ? wildcards : undefined)
}

const wildcards = 'must have no characters that a URL would encode, and no wildcard'

/**
 * The path of a request, without its query, in the one form that addresses are compared in; `undefined`: programs
 * could differ over which path it is, so it is none.
 */
export function requestPath(path: string): string | undefined {
  if (plain.test(path)) return path.length > longestPath ? undefined : path
  const spelt = path.replace(/%[0-9a-f]{2}/gi, (code) => code.toUpperCase())
  return path.length > longestPath || ambiguity(spelt) ? undefined : spelt
}

const longestPath = 8192
/** Nothing in it that anybody could read in two ways. */
const plain = /^(?:\/[\w~-]+)+$/

/** Whether the path, in its one form, is the prefix or lies below it. */
export const isBelow = (prefix: string, path: string): boolean =>
  prefix === '/' || path === prefix || path.startsWith(`${prefix}/`)

function ambiguity(path: string): string | undefined {
  if (!path.startsWith('/')) return 'must begin with a slash'
  if (path.includes('\\')) return 'must have no backslash'
  if (/[?#]/.test(path)) return 'must be a path without query and fragment'
  if (path.includes('//')) return 'must have no empty segment'
  if (path.includes(';')) return 'must have no parameters (;): some servers drop them and some do not'
  if (path.split('/').some((segment) => segment === '.' || segment === '..')) return 'must have no . or .. segment'
  const encoded = path.match(/%.{0,2}/g) ?? []
  if (!/^[\x21-\x7e]*$/.test(path) || encoded.some((code) => !/^%[0-9A-F]{2}$/.test(code)))
    return 'must be ASCII, everything else percent-encoded in capitals (%C3%A4)'
  if (encoded.some((code) => isPlain(Number.parseInt(code.slice(1), 16))))
    return 'must not encode what needs no encoding, nor slashes, dots and control characters'
  return undefined
}

/** Characters that some decode before they compare and others do not. */
const isPlain = (code: number): boolean =>
  code < 0x20 || code === 0x7f || /[A-Za-z0-9\-._~/\\;%]/.test(String.fromCharCode(code))
