/** What a local user has beside the password: an authenticator app, passkeys, and codes on paper for when both are gone. */

/** An authenticator app (RFC 6238). A user has one at most. */
export interface Authenticator {
  readonly id: string
  readonly userId: string
  /** Base32 (RFC 4648 §6); sealed where it is kept. */
  readonly secret: string
  readonly createdAt: number
  readonly lastUsedAt: number | null
}

/** A key pair of which the private half stays in the person's device (WebAuthn Level 3). */
export interface Passkey {
  readonly id: string
  readonly userId: string
  /** What its owner calls it. */
  readonly name: string
  /** base64url; the device's own name for it, which nobody else may have. */
  readonly credentialId: string
  /** COSE, base64url. */
  readonly publicKey: string
  /** How a browser reaches it: `internal`, `hybrid`, `usb`, … */
  readonly transports: readonly string[]
  /** How often it was used, as the device counts; 0 where it does not. */
  readonly counter: number
  readonly createdAt: number
  readonly lastUsedAt: number | null
}

export interface SecondFactors {
  readonly authenticator: Authenticator | undefined
  /** In the order in which they were added. */
  readonly passkeys: readonly Passkey[]
  /** How many codes on paper are left. */
  readonly recoveryCodes: number
}

export interface SecondFactorStore {
  of(userId: string): Promise<SecondFactors>
  /** Whether a password alone lets nobody in as this user. */
  isWanted(userId: string): Promise<boolean>
  passkey(credentialId: string): Promise<Passkey | undefined>
  /** Rejects with `conflict` when there is one already, and with `not_found` when the user is gone. */
  addAuthenticator(authenticator: Authenticator): Promise<void>
  /** Rejects with `conflict` when anybody has it already, and with `not_found` when the user is gone. */
  addPasskey(passkey: Passkey): Promise<void>
  /**
   * Uses up the code of a time step, and all before it. `true` for exactly one of any number of calls at once, on
   * whichever node: whoever saw a code being typed cannot use it again (RFC 6238 §5.2).
   */
  useStep(id: string, step: number, at: number): Promise<boolean>
  /** Writes the device's count down. `false` when it is gone, or does not count on: then there are two of it. */
  usePasskey(id: string, counter: number, at: number): Promise<boolean>
  /** Whether the user had it. */
  remove(userId: string, id: string): Promise<boolean>
  /** Everything, the codes on paper too. */
  removeAll(userId: string): Promise<void>
  /** Digests; in place of those there were. */
  setRecoveryCodes(userId: string, digests: readonly string[]): Promise<void>
  /** Uses it up: `true` for exactly one of any number of calls at once. */
  useRecoveryCode(userId: string, digest: string): Promise<boolean>
}

/** Whether a password alone lets nobody in as this user. Codes on paper are for nothing without what they stand in for. */
export const isWanted = ({ authenticator, passkeys }: SecondFactors): boolean =>
  authenticator !== undefined || passkeys.length > 0
