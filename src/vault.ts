/** Encrypts secrets at rest. `context` (which row, which member) is bound in, so no sealed value can be moved elsewhere. */
export interface Vault {
  seal(plaintext: string, context: string): string
  /** Throws when the value was altered, belongs elsewhere, or was sealed with a key that is no longer configured. */
  open(sealed: string, context: string): string
}
