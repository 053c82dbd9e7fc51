// node is-there.mjs http://localhost:3000/health/ready
//
// A program for RewriteMap: whatever it is asked, it answers whether the broker is there. mod_oauth2 says 401 when it could
// not ask; with this, Apache tells the caller the difference. Asked only about requests that were refused.
import { createInterface } from 'node:readline'

const [address] = process.argv.slice(2)
/** Milliseconds for which an answer is good, and that one is waited for. */
const fresh = 250
const patience = 2000

let answer = { at: Number.NEGATIVE_INFINITY, isThere: Promise.resolve('no') }

async function look() {
  try {
    const { ok } = await fetch(address, { signal: AbortSignal.timeout(patience) })
    return ok ? 'yes' : 'no'
  } catch {
    return 'no'
  }
}

// Apache waits for the answer to one question before it asks the next.
for await (const _question of createInterface({ input: process.stdin })) {
  if (performance.now() - answer.at > fresh) answer = { at: performance.now(), isThere: look() }
  process.stdout.write(`${await answer.isThere}\n`)
}
