/** What sessions leave in Redis, in bytes as Redis counts them (MEMORY USAGE), once codes and sign-ins have gone. */
import { Redis } from 'ioredis'
import { rene } from '../test/support/people.ts'
import type { Upstream } from '../test/support/upstream.ts'
import { createBrowser } from './browser.ts'
import { login, type Party } from './flows.ts'

const sessions = 100
/** Milliseconds. What goes sooner is there for the sign-in and not for the session. */
const lasting = 10 * 60_000

/** As many people, for the upstream: sessions of one person would share what is kept for a person. */
export const crowd = Object.fromEntries(
  Array.from({ length: sessions + 1 }, (_, index) => [
    `person-${index}`,
    { ...rene, sub: `00u1h2q3z4X5y6W7v8${100 + index}`, email: `person.${index}@example.com` },
  ]),
)

/** Of a session with one grant and one refresh token, with all that is kept to find it by. */
export async function bytesPerSession(url: string, party: Party, upstream: Upstream): Promise<number> {
  await using stack = new AsyncDisposableStack()
  const redis = new Redis(url)
  stack.defer(() => redis.disconnect())

  async function total(): Promise<number> {
    let bytes = 0
    let cursor = '0'
    do {
      const [next, keys] = await redis.scan(cursor, 'COUNT', 1000)
      cursor = next
      for (const key of keys)
        if ((await redis.pttl(key)) > lasting) bytes += (await redis.memory('USAGE', key, 'SAMPLES', 0)) ?? 0
    } while (cursor !== '0')
    return bytes
  }

  async function begin(index: number): Promise<void> {
    upstream.signInAs(`person-${index}`)
    await login(party, createBrowser())
  }

  // The first one makes what all of them share.
  await begin(0)
  const before = await total()
  for (let index = 1; index <= sessions; index++) await begin(index)
  return ((await total()) - before) / sessions
}
