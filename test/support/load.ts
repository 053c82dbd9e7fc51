/** People and programs that use a broker without a pause, and what became of it. */
import type { Hands, TestClient, Tokens } from './hands.ts'

export interface Load {
  /** What was asked for and did not come, with the time since the beginning. */
  readonly failures: readonly string[]
  /** When each of them came, as `performance.now()` has it. */
  readonly failedAt: readonly number[]
  /** Milliseconds of each thing that was done. */
  readonly durations: readonly number[]
  stop(): Promise<void>
}

interface Needs {
  readonly broker: Hands
  /** Signs in at the source `Okta`. */
  readonly client: TestClient
  /** How many do so at the same time. */
  readonly people?: number
  /** Milliseconds that each waits after each thing. */
  readonly pause?: number
}

/** Each signs in, asks about the token a few times, refreshes, asks again, and begins anew. */
export function startLoad({ broker, client, people = 4, pause = 10 }: Needs): Load {
  const begin = performance.now()
  const failures: string[] = []
  const failedAt: number[] = []
  const durations: number[] = []
  let going = true

  async function attempt<T>(what: string, work: () => Promise<T>): Promise<T | undefined> {
    if (!going) return undefined
    const start = performance.now()
    try {
      return await work()
    } catch (error) {
      const cause = error instanceof Error && error.cause ? `: ${String(error.cause)}` : ''
      failedAt.push(performance.now())
      failures.push(`${what} at ${Math.round(performance.now() - begin)} ms: ${String(error)}${cause}`)
      return undefined
    } finally {
      durations.push(performance.now() - start)
      await new Promise((resolve) => setTimeout(resolve, pause))
    }
  }

  async function introspect(token: string): Promise<void> {
    const { status, body } = await broker.introspect(client, token)
    if (status !== 200 || body.active !== true) throw new Error(`${status} ${JSON.stringify(body)}`)
  }

  async function refresh(token: string): Promise<Tokens> {
    const answer = await broker.refresh(client, token)
    const text = await answer.text()
    if (answer.status !== 200) throw new Error(`${answer.status} ${text}`)
    return JSON.parse(text) as Tokens
  }

  async function person(): Promise<void> {
    while (going) {
      const login = await attempt('sign-in', () => broker.login(client, { params: { idp_hint: 'Okta' } }))
      let tokens = login?.tokens
      for (let turn = 0; turn < 3 && tokens; turn++) {
        const { access_token, refresh_token } = tokens
        for (let question = 0; question < 3; question++) await attempt('introspection', () => introspect(access_token))
        tokens = await attempt('refresh', () => refresh(refresh_token))
      }
      await attempt('client credentials', () => broker.adminToken())
    }
  }

  const all = Promise.all(Array.from({ length: people }, person))
  return {
    failures,
    failedAt,
    durations,
    async stop() {
      going = false
      await all
    },
  }
}
