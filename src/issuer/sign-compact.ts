import { type KeyObject, sign } from 'node:crypto'
import { promisify } from 'node:util'

export interface Signer {
  readonly kid: string
  readonly key: KeyObject
}

const signAside = promisify(sign)

/** A JWT by RS256, with the members of its header in the order of the provider's. Without a `typ`, it has none. */
export async function signCompact({ kid, key }: Signer, typ: string | undefined, payload: object): Promise<string> {
  const signed = `${encoded({ alg: 'RS256', typ, kid })}.${encoded(payload)}`
  const signature = await signAside('sha256', Buffer.from(signed), key)
  return `${signed}.${signature.toString('base64url')}`
}

const encoded = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url')
