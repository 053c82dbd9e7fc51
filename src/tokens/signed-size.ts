/** What is to be signed: header members that are not always the same, and the payload. */
interface Unsigned {
  readonly header?: Readonly<Record<string, unknown>> | undefined
  readonly payload: Readonly<Record<string, unknown>>
}

const base64Length = (bytes: number): number => Math.ceil((bytes * 4) / 3)

// RS256 with a key of 2048 bits; a kid is a thumbprint (RFC 7638) of SHA-256.
const signatureLength = base64Length(2048 / 8)
const kidLength = base64Length(256 / 8)

/** Characters of the compact serialization, before there is one. */
export function signedSize({ header, payload }: Unsigned): number {
  const head = JSON.stringify({ alg: 'RS256', typ: header?.typ ?? 'at+jwt', kid: 'x'.repeat(kidLength) })
  const body = JSON.stringify(payload)
  return base64Length(head.length) + base64Length(Buffer.byteLength(body)) + signatureLength + '..'.length
}
