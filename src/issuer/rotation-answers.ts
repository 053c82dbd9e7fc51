/**
 * The short grace of refresh token rotation (RFC 9700 §4.14.2 without its victims): whoever shows the token that
 * was used a moment ago, because two tabs refreshed at once or an answer got lost, gets the very same answer
 * again. It is sealed under a key that only the presented token yields, so the store holds nothing usable.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { Clock } from '../clock.ts'
import { digest } from '../ids.ts'
import type { ArtifactStore } from './artifact-store.ts'

interface Needs {
  readonly artifacts: Pick<ArtifactStore, 'get' | 'put'>
  readonly clock: Clock
  /** Milliseconds. */
  readonly grace: number
}

export interface RotationAnswers {
  keep(token: string, clientId: string, answer: object): Promise<void>
  /** Waits a moment for the request that is at work; `undefined` when no answer came. */
  find(token: string, clientId: string): Promise<object | undefined>
}

const patience = { tries: 40, pause: 50 }

export function createRotationAnswers({ artifacts, clock, grace }: Needs): RotationAnswers {
  const idOf = (token: string, clientId: string) => digest(`${clientId}\n${token}`)

  return {
    async keep(token, clientId, answer) {
      if (grace === 0) return
      await artifacts.put(
        'RotationAnswer',
        idOf(token, clientId),
        { sealed: seal(token, JSON.stringify(answer)) },
        clock() + grace,
      )
    },

    async find(token, clientId) {
      for (let tries = 0; tries < patience.tries; tries++) {
        const found = await artifacts.get('RotationAnswer', idOf(token, clientId))
        if (typeof found?.payload.sealed === 'string') return JSON.parse(unseal(token, found.payload.sealed))
        await wait(patience.pause)
      }
      return undefined
    },
  }
}

const keyFrom = (token: string) => Buffer.from(hkdfSync('sha256', token, '', 'gatehouse refresh rotation', 32))

function seal(token: string, text: string): string {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', keyFrom(token), nonce)
  return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64url')
}

function unseal(token: string, sealed: string): string {
  const bytes = Buffer.from(sealed, 'base64url')
  const decipher = createDecipheriv('aes-256-gcm', keyFrom(token), bytes.subarray(0, 12))
  decipher.setAuthTag(bytes.subarray(-16))
  return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]).toString('utf8')
}
