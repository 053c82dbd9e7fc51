/** The blocks of a PEM text (RFC 7468), as DER. `undefined`: there is anything else in it, or nothing. */
export function pemBlocks(text: string, label: 'CERTIFICATE' | 'X509 CRL'): readonly Buffer[] | undefined {
  const blocks = [
    ...text.matchAll(new RegExp(`-----BEGIN ${label}-----([A-Za-z0-9+/=\\s]+)-----END ${label}-----`, 'g')),
  ]
  const rest = blocks.reduce((left, [block]) => left.replace(block, ''), text)
  if (blocks.length === 0 || rest.trim() !== '') return undefined
  return blocks.map(([, body = '']) => Buffer.from(body, 'base64'))
}
