/** RFC 7617: a user name, a colon, and a password that may have more of them, in UTF-8. `undefined`: it is not that. */
export function basicCredentials(text: string): { readonly username: string; readonly password: string } | undefined {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined
  const plain = decoded(Buffer.from(text, 'base64'))
  const colon = plain?.indexOf(':') ?? -1
  // §2: neither has control characters.
  if (plain === undefined || colon < 0 || /\p{Cc}/u.test(plain)) return undefined
  return { username: plain.slice(0, colon), password: plain.slice(colon + 1) }
}

function decoded(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}
