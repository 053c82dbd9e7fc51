/**
 * The keys that tokens are signed with: made, published before they are used, used, and published until
 * nothing they signed can still be shown to us. The registry keeps them; whoever rotates first, wins.
 * docs/operations/keys.md tells administrators about them.
 */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import type { JWK } from 'jose'
import { type Actor, type AuditStore, system } from '../audit/audit.ts'
import type { Clock } from '../clock.ts'
import { found, type Transact } from '../collection.ts'
import { Refusal } from '../errors.ts'
import { newId } from '../ids.ts'
import { type KeyPair, newKeyPair } from './key-pair.ts'
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
  readonly keys: KeyStore
  readonly transact: Transact<{ readonly keys: KeyStore; readonly audit: AuditStore }>
  readonly clock: Clock
  readonly schedule: Schedule
  /** A pair that was begun before: it becomes the first key that is made here. */
  readonly prepared?: Promise<KeyPair> | undefined
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
  /**
   * The next key signs from now on, and another one is next. Rejects with `signing_key_too_new`, which says when it
   * may, while verifiers need not have it yet.
   */
  rotate(actor: Actor): Promise<void>
  /**
   * Nothing that this key signed counts any more. When it signed until now, the next key does so at once, published
   * long enough or not. Rejects with `not_found`.
   */
  revoke(actor: Actor, kid: string): Promise<void>
}

export function createSigningKeys({ keys: store, transact, clock, schedule, prepared }: Needs): SigningKeys {
  const begun = prepared ? [prepared] : []
  const newPair = () => begun.pop() ?? newKeyPair()

  const make = async (state: KeyState): Promise<boolean> => store.add(inState(state, await newPair(), clock()))

  /** `false` unless `next` still is. A node that dies on the way has done nothing: what is needed is made before. */
  async function promote(actor: Actor, next: SigningKey): Promise<boolean> {
    const pair = await newPair()
    return transact(async ({ keys, audit }) => {
      const now = clock()
      if (!(await keys.promote(next.kid, now))) return false
      await keys.add(inState('next', pair, now))
      await record(audit, actor, 'signing_key.activated', next, 'active')
      return true
    })
  }

  async function record(audit: AuditStore, actor: Actor, action: string, key: SigningKey, after: KeyState | null) {
    const subject = { type: 'signing_key', id: key.kid, name: key.kid }
    const states = { before: { state: key.state }, after: after && { state: after } }
    await audit.record({ id: newId(), at: clock(), actor, action, subject, ...states })
  }

  return {
    list: async () => (await store.list()).map(({ privateJwk: _, ...published }) => published),

    async read() {
      const keys = await store.list()
      const active = inThat('active', keys)
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
      if (!inThat('active', await store.list())) await make('active')
    },

    async keepSchedule() {
      let changed = false
      const keys = await store.list()
      const [active, next] = [inThat('active', keys), inThat('next', keys)]
      if (!active) changed = (await make('active')) || changed
      if (!next) changed = (await make('next')) || changed
      if (
        active &&
        next &&
        past(active.activatedAt, schedule.active_for) &&
        past(next.createdAt, schedule.published_before)
      )
        changed = (await promote(system, next)) || changed
      for (const key of keys) {
        if (key.state === 'retiring' && past(key.retiredAt, schedule.retiring_for))
          changed = (await store.remove(key.kid)) || changed
      }
      return changed
    },

    async rotate(actor) {
      const next = inThat('next', await store.list())
      if (!next) await make('next')
      else if (past(next.createdAt, schedule.published_before) && (await promote(actor, next))) return
      // There is a young one now: just made here, or by whoever rotated at the same moment.
      const young = inThat('next', await store.list())
      throw tooNew(young?.createdAt ?? clock())
    },

    async revoke(actor, kid) {
      const key = found(await keyOf(kid), `signing key ${kid}`)
      const pair = key.state === 'retiring' ? undefined : await newPair()
      await transact(async ({ keys, audit }) => {
        if (!(await keys.remove(kid))) throw new Refusal('not_found', `There is no signing key ${kid}`)
        await record(audit, actor, 'signing_key.revoked', key, null)
        const now = clock()
        const left = await keys.list()
        const next = inThat('next', left)
        if (!inThat('active', left) && next && (await keys.promote(next.kid, now)))
          await record(audit, actor, 'signing_key.activated', next, 'active')
        if (!pair) return
        // Whichever of the two is missing now.
        if (await keys.add(inState('active', pair, now))) return
        await keys.add(inState('next', pair, now))
      })
    },
  }

  async function keyOf(kid: string): Promise<SigningKey | undefined> {
    return (await store.list()).find((key) => key.kid === kid)
  }

  function past(since: number | null, lifetime: number): boolean {
    return since !== null && clock() >= since + lifetime * 1000
  }

  function tooNew(publishedAt: number): Refusal {
    const from = publishedAt + schedule.published_before * 1000
    return new Refusal('signing_key_too_new', `The next key may sign from ${new Date(from).toISOString()} on`, {
      retryAfter: Math.max(1, Math.ceil((from - clock()) / 1000)),
    })
  }
}

const inThat = (state: KeyState, keys: readonly SigningKey[]) => keys.find((key) => key.state === state)

const inState = (state: KeyState, pair: KeyPair, now: number): SigningKey => ({
  ...pair,
  state,
  createdAt: now,
  activatedAt: state === 'active' ? now : null,
  retiredAt: null,
})

const publicPart = (jwk: JWK): JWK =>
  createPublicKey(createPrivateKey({ key: jwk, format: 'jwk' })).export({ format: 'jwk' })
