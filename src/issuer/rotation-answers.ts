/**
 * The short grace of refresh token rotation (RFC 9700 §4.14.2 without its victims): whoever shows the token that
 * was used a moment ago, because two tabs refreshed at once or an answer got lost, gets the very same answer
 * again. It is sealed under a key that only the presented token yields, so the store holds nothing usable.
 */
import { setTimeout as wait } from 'node:timers/promises'
import type { Clock } from '../clock.ts'
import { digest } from '../ids.ts'
import { sealUnder, unsealUnder } from '../sealed-under.ts'
import type { ArtifactStore } from './artifact-store.ts'

interface Needs {
  readonly artifacts: Pick<ArtifactStore, 'get' | 'put' | 'release'>
  readonly clock: Clock
  /** Milliseconds. */
  readonly grace: number
}

export interface RotationAnswers {
  /** Nothing came of using the token: it can be used again. */
  giveBack(token: string): Promise<void>
  keep(token: string, clientId: string, answer: object): Promise<void>
  /** Waits a moment for the request that is at work; `undefined` when no answer came. */
  find(token: string, clientId: string): Promise<object | undefined>
}

const patience = { tries: 40, pause: 50 }

export function createRotationAnswers({ artifacts, clock, grace }: Needs): RotationAnswers {
  const idOf = (token: string, clientId: string) => digest(`${clientId}\n${token}`)

  return {
    giveBack: (token) => artifacts.release('RefreshToken', digest(token)),

    async keep(token, clientId, answer) {
      if (grace === 0) return
      await artifacts.put(
        'RotationAnswer',
        idOf(token, clientId),
        { sealed: sealUnder(token, 'refresh rotation', JSON.stringify(answer)) },
        clock() + grace,
      )
    },

    async find(token, clientId) {
      for (let tries = 0; tries < patience.tries; tries++) {
        const found = await artifacts.get('RotationAnswer', idOf(token, clientId))
        if (typeof found?.payload.sealed === 'string')
          return JSON.parse(unsealUnder(token, 'refresh rotation', found.payload.sealed))
        await wait(patience.pause)
      }
      return undefined
    },
  }
}
