/** How gateways write the certificate of a caller into a header. Each form answers DER, the caller's own first. */

/** Empty: there was none. `undefined`: it cannot be read as this form. */
type Ders = readonly Buffer[] | undefined

/**
 * RFC 9440: `:MIIB…:`, and in `Client-Cert-Chain` any number of such, with commas between them. Nothing between the
 * colons is what HAProxy writes where there is no certificate.
 */
export function standardForm(value: string, chain: string): Ders {
  if (value === '' || value === '::') return chain === '' ? [] : undefined
  const items = [value, ...chain.split(',').map((item) => item.trim())].filter((item) => item !== '')
  return all(items.map((item) => base64(/^:([^:]*):$/.exec(item)?.[1] ?? '')))
}

/** Ours: PEM, percent-encoded (nginx) or with blanks for line ends (Apache), or DER in base64 (HAProxy, Caddy). */
export function ownForm(value: string): Ders {
  if (value === '') return []
  const text = decoded(value)
  if (text === undefined) return undefined
  return text.startsWith('-----') ? pem(text) : all([base64(text)])
}

/** Traefik: PEM without its first and last line, percent-encoded in some versions, with commas between several. */
export function traefikForm(value: string): Ders {
  if (value === '') return []
  return all((decoded(value) ?? '').split(',').map(base64))
}

/**
 * Envoy's `Cert="…"` or `Chain="…"`, each percent-encoded PEM. Several elements are several hops, and whose the
 * request is would be a guess: `'many'`.
 */
export function envoyForm(value: string): Ders | 'many' {
  if (value === '') return []
  const elements = split(value, ',')
  if (!elements) return undefined
  if (elements.length > 1) return 'many'
  const pairs = split(elements[0] ?? '', ';')?.map((pair) => /^([A-Za-z]+)=("?)(.*)\2$/s.exec(pair.trim()))
  const named = (name: string) =>
    (pairs ?? []).flatMap((pair) => (pair?.[1]?.toLowerCase() === name ? [pair[3] ?? ''] : []))
  const [certs, chains] = [named('cert'), named('chain')]
  if (!pairs?.every(Boolean) || certs.length > 1 || chains.length > 1) return undefined
  const [own, chain] = [certs, chains].map(([text]) => (text === undefined ? [] : pem(decoded(text) ?? '')))
  if (!own || !chain || own.length > 1) return undefined
  const [leaf] = own
  // The chain begins with the caller's own certificate.
  if (leaf && chain[0] && !leaf.equals(chain[0])) return undefined
  const ders = chain.length > 0 ? chain : own
  return ders.length > 0 ? ders : undefined
}

/** Where a separator stands that no quotation marks surround. `undefined`: one of those is not closed. */
function split(text: string, separator: ',' | ';'): readonly string[] | undefined {
  const parts: string[] = []
  let part = ''
  let quoted = false
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at)
    if (quoted && character === '\\') {
      part += character + text.charAt(at + 1)
      at += 1
      continue
    }
    if (character === '"') quoted = !quoted
    if (character === separator && !quoted) {
      parts.push(part)
      part = ''
    } else part += character
  }
  return quoted ? undefined : [...parts, part]
}

function pem(text: string): Ders {
  const blocks = [...text.matchAll(/-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]*)-----END CERTIFICATE-----/g)]
  const rest = blocks.reduce((left, [block]) => left.replace(block, ''), text)
  return rest.trim() === '' && blocks.length > 0
    ? all(blocks.map(([, body = '']) => base64(body.replaceAll(/\s/g, ''))))
    : undefined
}

const base64 = (text: string): Buffer | undefined =>
  /^(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)
    ? Buffer.from(text, 'base64')
    : undefined

const all = (ders: readonly (Buffer | undefined)[]): Ders => {
  const whole = ders.flatMap((der) => der ?? [])
  return whole.length === ders.length ? whole : undefined
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
