/**
 * The broker as a relying party of WebAuthn (Level 3, §7). What a device signs is a challenge that was sealed into our
 * own page for this one purpose and counts once, on whichever node it comes back to; nothing is kept for pages that are
 * only looked at.
 */
import type {
  AuthenticationResponseJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON,
} from '@simplewebauthn/server'
import { z } from 'zod'
import type { Clock } from '../../clock.ts'
import { Refusal } from '../../errors.ts'
import { digest, newSecret } from '../../ids.ts'
import type { Vault } from '../../vault.ts'
import type { Passkey, SecondFactorStore } from './factor.ts'

interface Needs {
  readonly issuer: string
  readonly secondFactors: Pick<SecondFactorStore, 'passkey' | 'usePasskey'>
  readonly vault: Vault
  /** Live state: `true` for exactly one of any number of calls at once, until then. */
  readonly once: (name: string, until: number) => Promise<boolean>
  readonly clock: Clock
}

/** For the page: what the browser is asked for, in JSON, and what brings the challenge back. */
export interface PasskeyRequest {
  readonly options: string
  readonly ticket: string
}

export interface PasskeyAnswer {
  readonly ticket: string
  /** What the browser said, in JSON. */
  readonly answer: string
}

export type NewPasskey = Omit<Passkey, 'id' | 'userId' | 'name' | 'createdAt' | 'lastUsedAt'>

/** `purpose` is what the ticket is good for and nothing else: which page, of which sign-in or session. */
export interface Passkeys {
  askForNew(
    purpose: string,
    owner: { readonly userId: string; readonly name: string },
    there: readonly Passkey[],
  ): Promise<PasskeyRequest>
  /** Rejects with `passkey_refused`. */
  receiveNew(purpose: string, answer: PasskeyAnswer): Promise<NewPasskey>
  /** @param from only these will do; absent: the person picks one that their device knows. */
  ask(purpose: string, from?: readonly Passkey[]): Promise<PasskeyRequest>
  /** Whose it is; rejects with `passkey_refused`, before anything of it counts. @param userId nobody else's will do */
  receive(purpose: string, answer: PasskeyAnswer, userId?: string): Promise<Passkey>
}

const Ticket = z.strictObject({ challenge: z.string(), until: z.number() })
const text = z.string().max(16_384)
const Assertion = z.looseObject({
  id: text,
  rawId: text,
  type: z.literal('public-key'),
  clientExtensionResults: z.looseObject({}),
  response: z.looseObject({
    clientDataJSON: text,
    authenticatorData: text,
    signature: text,
    userHandle: text.optional(),
  }),
})
const Attestation = z.looseObject({
  id: text,
  rawId: text,
  type: z.literal('public-key'),
  clientExtensionResults: z.looseObject({}),
  response: z.looseObject({
    clientDataJSON: text,
    attestationObject: text,
    transports: z.array(z.string()).optional(),
  }),
})

/** Milliseconds in which the page must be answered. */
const lifetime = 10 * 60_000
const library = () => import('@simplewebauthn/server')

export function createPasskeys({ issuer, secondFactors, vault, once, clock }: Needs): Passkeys {
  const { hostname: rpID, origin } = new URL(issuer)
  const expected = { expectedOrigin: origin, expectedRPID: rpID, requireUserVerification: true }
  const contextOf = (purpose: string) => `passkey/${purpose}`

  function newTicket(purpose: string) {
    const challenge = newSecret()
    const ticket = vault.seal(JSON.stringify({ challenge, until: clock() + lifetime }), contextOf(purpose))
    return { challenge: Buffer.from(challenge, 'base64url'), ticket }
  }

  /** The challenge, which counts no second time. */
  async function redeem(purpose: string, ticket: string): Promise<string> {
    const { challenge, until } = opened(vault, ticket, contextOf(purpose))
    if (until <= clock()) throw refused('the page was answered too late')
    if (!(await once(digest(`passkey/${challenge}`), until))) throw refused('the challenge was answered before')
    return challenge
  }

  return {
    async askForNew(purpose, { userId, name }, there) {
      const { challenge, ticket } = newTicket(purpose)
      const { generateRegistrationOptions } = await library()
      const options = await generateRegistrationOptions({
        ...{ rpName: 'Gatehouse', rpID, userName: name, userID: Buffer.from(userId), challenge },
        attestationType: 'none',
        excludeCredentials: there.map(descriptor),
        authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      })
      return { options: JSON.stringify(options), ticket }
    },

    async receiveNew(purpose, { ticket, answer }) {
      const response = parsed(Attestation, answer) as RegistrationResponseJSON
      const expectedChallenge = await redeem(purpose, ticket)
      const { verifyRegistrationResponse } = await library()
      const { registrationInfo } = await verifyRegistrationResponse({ ...expected, response, expectedChallenge }).catch(
        (error: Error) => Promise.reject(refused(error.message)),
      )
      if (!registrationInfo) throw refused('the registration could not be verified')
      const { id, publicKey, counter, transports = [] } = registrationInfo.credential
      return { credentialId: id, publicKey: Buffer.from(publicKey).toString('base64url'), counter, transports }
    },

    async ask(purpose, from = []) {
      const { challenge, ticket } = newTicket(purpose)
      // Written out: every page that asks for a password has one, and the library is for those who answer.
      const options: PublicKeyCredentialRequestOptionsJSON = {
        challenge: challenge.toString('base64url'),
        ...{ rpId: rpID, timeout: lifetime, userVerification: 'required' },
        allowCredentials: from.map((passkey) => ({ ...descriptor(passkey), type: 'public-key' })),
      }
      return { options: JSON.stringify(options), ticket }
    },

    async receive(purpose, { ticket, answer }, userId) {
      const response = parsed(Assertion, answer) as AuthenticationResponseJSON
      const expectedChallenge = await redeem(purpose, ticket)
      const passkey = await secondFactors.passkey(response.id)
      const handle = response.response.userHandle
      if (!passkey) throw refused('nobody has this passkey here')
      if (userId !== undefined && passkey.userId !== userId) throw refused('it is another person’s passkey')
      if (handle && Buffer.from(handle, 'base64url').toString() !== passkey.userId)
        throw refused('the device names another person')
      const credential = {
        ...{ id: passkey.credentialId, counter: passkey.counter },
        publicKey: new Uint8Array(Buffer.from(passkey.publicKey, 'base64url')),
      }
      const { verifyAuthenticationResponse } = await library()
      const { verified, authenticationInfo } = await verifyAuthenticationResponse({
        ...{ ...expected, response, expectedChallenge, credential },
      }).catch((error: Error) => Promise.reject(refused(error.message)))
      if (!verified) throw refused('the signature is wrong')
      if (!(await secondFactors.usePasskey(passkey.id, authenticationInfo.newCounter, clock())))
        throw refused('it was removed meanwhile, or its device has counted less than before')
      return passkey
    },
  }
}

const refused = (why: string, cause?: unknown) => new Refusal('passkey_refused', why, { cause })

const descriptor = ({ credentialId, transports }: Passkey) => ({
  id: credentialId,
  transports: transports.filter(isTransport),
})

type Transport = 'ble' | 'cable' | 'hybrid' | 'internal' | 'nfc' | 'smart-card' | 'usb'
const transportNames: ReadonlySet<string> = new Set(['ble', 'cable', 'hybrid', 'internal', 'nfc', 'smart-card', 'usb'])
const isTransport = (name: string): name is Transport => transportNames.has(name)

function opened(vault: Vault, ticket: string, context: string): z.output<typeof Ticket> {
  try {
    return Ticket.parse(JSON.parse(vault.open(ticket, context)))
  } catch (cause) {
    throw refused('the page that it answers is none of ours, or another one', cause)
  }
}

function parsed<Schema extends z.ZodType>(schema: Schema, answer: string): z.output<Schema> {
  try {
    return schema.parse(JSON.parse(answer))
  } catch (cause) {
    throw refused('the browser’s answer cannot be read', cause)
  }
}
