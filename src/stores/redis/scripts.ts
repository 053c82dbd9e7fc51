import { Unavailable } from '../../errors.ts'
import type { Argument, Connection } from './connection.ts'

/** It was done, with this answer; but if the server is lost now, so is what was done. */
export class Unconfirmed extends Unavailable {
  readonly answer: unknown

  constructor(answer: unknown) {
    super('store', 'Redis: no replica has confirmed the write')
    this.answer = answer
  }
}

/** Lua that Redis runs as one step. Its keys are all in one slot. */
export interface Scripts extends Disposable {
  run(script: string, keys: readonly string[], ...args: readonly Argument[]): Promise<unknown>
  /**
   * The same, for what must not be forgotten once somebody was told: that a code was used, that a token was revoked.
   * Where there are replicas it has reached one, or the call rejects with {@link Unconfirmed}.
   */
  runSurely(script: string, keys: readonly string[], ...args: readonly Argument[]): Promise<unknown>
}

/** Milliseconds a replica has to say that it has the write. */
const replicaPatience = 200
const lookEvery = 1000

export function createScripts(connection: Connection): Scripts {
  let replicated = false

  async function look(): Promise<void> {
    if (!connection.isConnected()) return
    const answers = await connection.askPrimaries('info', 'replication')
    replicated = answers.some((info) => onlineReplicas(info) > 0)
  }
  // Should it fail, the next commands fail too; until then it is as it was.
  const lookAgain = () => void look().catch(() => {})
  const timer = setInterval(lookAgain, lookEvery).unref()
  connection.onConnected(lookAgain)
  lookAgain()

  const command = (script: string, keys: readonly string[], args: readonly Argument[]) =>
    ['eval', script, keys.length, ...keys, ...args] as const

  const run: Scripts['run'] = (script, keys, ...args) => {
    const [name, ...rest] = command(script, keys, args)
    return connection.send(name, ...rest)
  }

  return {
    run,

    async runSurely(script, keys, ...args) {
      if (!replicated) return run(script, keys, ...args)
      const [answer, reached, info] = await connection.sendGuarded([
        command(script, keys, args),
        ['wait', 1, replicaPatience],
        ['info', 'replication'],
      ])
      // One that was left alone meanwhile has nobody to wait for.
      if (Number(reached) === 0 && onlineReplicas(info) > 0) throw new Unconfirmed(answer)
      return answer
    },

    [Symbol.dispose]: () => clearInterval(timer),
  }
}

const onlineReplicas = (info: unknown): number => [...String(info).matchAll(/^slave\d+:.*\bstate=online\b/gm)].length
