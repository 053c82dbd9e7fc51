/**
 * The keys that tokens are signed with: made, published before they are used, used, and published until
 * nothing they signed can still be shown to us. The registry keeps them; whoever rotates first, wins.
 */
import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { calculateJwkThumbprint, type JWK } from 'jose'
import type { Clock } from '../clock.ts'
import type { KeyState, KeyStore, SigningKey } from './signing-key.ts'

/** What is published and used at one moment. Immutable; a change of keys makes a new ring. */
export interface KeyRing {
  /** The key that signs, with its private members. */
  readonly active: JWK
  /** Private JWKs, the active one first: what the OpenID provider is built with. */
  readonly all: readonly JWK[]
  /** By kid: what verifies. */
  readonly verifiers: ReadonlyMap<string, KeyObject>
}

export type PublishedKey = Omit<SigningKey, 'privateJwk'>

/** Seconds, by the names of the setting `signing_keys`. */
interface Schedule {
  /** How long a key signs. */
  readonly active_for: number
  /** How long it is published before: longer than any verifier keeps our JWKS. */
  readonly published_before: number
  /** How long it is published afterwards: as long as an ID token of it may come back as a hint. */
  readonly retiring_for: number
}

interface Needs {
  readonly store: KeyStore
  readonly clock: Clock
  readonly schedule: Schedule
}

export interface SigningKeys {
  /** All that are published, oldest first, without what signs. */
  list(): Promise<readonly PublishedKey[]>
  /** The ring as the registry has it now. */
  read(): Promise<KeyRing>
  /** Makes a key to sign with when there is none. The schedule sees to the rest, and takes its time. */
  ensureActive(): Promise<void>
  /** Does what the schedule asks for: makes the first and the next key, rotates, forgets. `true` when the ring changed. */
  keepSchedule(): Promise<boolean>
}

export function createSigningKeys({ store, clock, schedule }: Needs): SigningKeys {
  async function make(state: KeyState): Promise<boolean> {
    const now = clock()
    return store.add({
      ...(await newKeyPair()),
      state,
      createdAt: now,
      activatedAt: state === 'active' ? now : null,
      retiredAt: null,
    })
  }

  return {
    list: async () => (await store.list()).map(({ privateJwk: _, ...published }) => published),

    async read() {
      const keys = await store.list()
      const active = keys.find(({ state }) => state === 'active')
      if (!active) throw new Error('The registry holds no active signing key')
      const rest = keys.filter((key) => key !== active)
      return {
        active: active.privateJwk,
        all: [active, ...rest].map(({ privateJwk }) => privateJwk),
        verifiers: new Map(
          keys.map((key) => [key.kid, createPublicKey({ key: publicPart(key.privateJwk), format: 'jwk' })]),
        ),
      }
    },

    async ensureActive() {
      const keys = await store.list()
      if (!keys.some(({ state }) => state === 'active')) await make('active')
    },

    async keepSchedule() {
      let changed = false
      const keys = await store.list()
      const active = keys.find(({ state }) => state === 'active')
      const next = keys.find(({ state }) => state === 'next')
      if (!active) changed = (await make('active')) || changed
      if (!next) changed = (await make('next')) || changed
      if (
        active &&
        next &&
        past(active.activatedAt, schedule.active_for) &&
        past(next.createdAt, schedule.published_before)
      ) {
        changed = (await store.promote(next.kid, clock())) || changed
        changed = (await make('next')) || changed
      }
      for (const key of keys) {
        if (key.state !== 'retiring' || !past(key.retiredAt, schedule.retiring_for)) continue
        await store.remove(key.kid)
        changed = true
      }
      return changed
    },
  }

  function past(since: number | null, lifetime: number): boolean {
    return since !== null && clock() >= since + lifetime * 1000
  }
}

async function newKeyPair(): Promise<Pick<SigningKey, 'kid' | 'alg' | 'privateJwk'>> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
  const jwk = privateKey.export({ format: 'jwk' })
  const kid = await calculateJwkThumbprint(jwk)
  return { kid, alg: 'RS256', privateJwk: { ...jwk, kid, alg: 'RS256', use: 'sig' } }
}

const publicPart = (jwk: JWK): JWK =>
  createPublicKey(createPrivateKey({ key: jwk, format: 'jwk' })).export({ format: 'jwk' })
