/**
 * What this machine allows at best, to be held against the aims: the least a server can do about a question, in
 * processor time, beside HAProxy's `jwt_verify`. `npm run bench:ceilings [ROUNDS] [SECONDS]`; with `BENCH_REDIS_URL` a look
 * at Redis as well.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startHaproxy } from './haproxy.ts'
import type { Load } from './load.ts'
import { freePort, pinned, type Server, start, startLoad } from './processes.ts'
import { median } from './table.ts'

const rounds = Number(process.argv[2] ?? 3)
const seconds = Number(process.argv[3] ?? 2)
const store = process.env.BENCH_REDIS_URL

const least = join(import.meta.dirname, 'least.ts')
const asked = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: least\r\n${more}\r\n`
/** What a gateway says of a call, as long as it is with a person's token. */
const questionOfCheck = [
  ...['Method: GET', 'Host: api.bench.example', 'Uri: /patients/7'].map((line) => `X-Forwarded-${line}\r\n`),
  `Authorization: Bearer ${'x'.repeat(1100)}\r\n`,
].join('')

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-ceilings-'))
try {
  const port = await freePort()
  await using server = await start([least, String(port), ...(store ? [store] : [])], port, {}, { ready: '/empty' })
  await using haproxy = await startHaproxy(folder, server.url)
  const token = await (await fetch(`${server.url}/token`)).text()
  using load = startLoad()

  const questions: [string, Server | undefined, Pick<Load, 'requests' | 'expected'>][] = [
    ['HAProxy, a signature verified', haproxy, verification(token)],
    ['an empty answer', server, question('/empty')],
    ...(store ? [['with a look at Redis', server, question('/look')] satisfies [string, Server, object]] : []),
    ["with a check's question and headers", server, question('/headers', questionOfCheck)],
    ['with a signature verified', server, question('/verify')],
    ['with a signature made', server, question('/sign')],
    ['with two signatures made', server, question('/sign-twice')],
  ]
  const costs = questions.map(() => [] as number[])
  for (let round = 0; round <= rounds; round++)
    for (const [index, [, asking, what]] of questions.entries()) {
      if (!asking) continue
      const before = asking.processor()
      const { done } = await load.run({
        port: Number(new URL(asking.url).port),
        ...what,
        seconds,
        pace: { atOnce: 16 },
      })
      // The first one warms up.
      if (round > 0) costs[index]?.push((asking.processor() - before) / done)
    }
  console.log(`${rounds} rounds of ${seconds} s, medians${pinned() ? ', servers on processor 0' : ''}\n`)
  console.log('| the least | CPU-ms |\n| --- | --- |')
  for (const [index, [name, asking]] of questions.entries())
    console.log(`| ${name} | ${asking ? median(costs[index] ?? []).toFixed(4) : 'not installed'} |`)
} finally {
  rmSync(folder, { recursive: true })
}
process.exit()

function question(path: string, more?: string) {
  return { requests: [asked(path, more)], expected: 'HTTP/1.1 204' }
}

function verification(token: string) {
  const text = `GET / HTTP/1.1\r\nHost: api\r\nAuthorization: Bearer ${token}\r\n\r\n`
  return { requests: [text], expected: 'HTTP/1.1 204' }
}
