/** Encrypts secrets at rest. `context` (which row, which member) is bound in, so no sealed value can be moved elsewhere. */
export interface Vault {
  /** Of the keys that are configured. The first seals, all open. */
  readonly keyIds: readonly string[]
  seal(plaintext: string, context: string): string
  /** Throws when the value was altered, belongs elsewhere, or was sealed with a key that is no longer configured. */
  open(sealed: string, context: string): string
}

/** The id of the key that a value was sealed under; empty when it is no sealed value. */
export const keyIdOf = (sealed: string): string => {
  const [version, id = ''] = sealed.split('.')
  return version === 'v1' ? id : ''
}

/** What only helps, such as an upstream's ID token: it is absent once its key is. */
export const openIfKept = (vault: Vault, sealed: string, context: string): string | undefined =>
  vault.keyIds.includes(keyIdOf(sealed)) ? vault.open(sealed, context) : undefined
