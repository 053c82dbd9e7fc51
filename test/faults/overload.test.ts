/**
 * SEC-112: twice as much is asked as one node can answer, in `npm run faults` for ten minutes (or `FAULTS_MINUTES`).
 * What cannot be answered in time is told to come again, health and keys are always answered, memory stays bounded, and
 * ten seconds afterwards it is as if nothing had been.
 */
import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Load } from '../../bench/load.ts'
import { startLoad } from '../../bench/processes.ts'
import { automation, basic } from '../support/broker.ts'
import { type Nodes, startNodes, type TestNode } from '../support/nodes.ts'
import { isLong } from './length.ts'

const seconds = isLong ? 60 * Number(process.env.FAULTS_MINUTES ?? 10) : 8
/** Of callers who do not wait for one another: more than a node gets done in seconds. */
const crowd = { connections: 4096, patience: 10_000 }

let broker: Nodes
let node: TestNode
beforeAll(async () => {
  broker = await startNodes({ count: 1 })
  const [only] = broker.nodes
  if (!only) throw new Error('there is no node')
  node = only
}, 60_000)
afterAll(() => broker?.[Symbol.asyncDispose]())

/** A token costs a signature: it is what a node does least often in a second. */
const askingForTokens = (): Pick<Load, 'port' | 'requests'> => {
  const form = 'grant_type=client_credentials'
  const head = [
    'POST /token HTTP/1.1',
    `Host: ${new URL(broker.issuer).host}`,
    `Authorization: ${basic(automation).authorization}`,
    'Content-Type: application/x-www-form-urlencoded',
    `Content-Length: ${form.length}`,
  ]
  return { port: Number(node.url.port), requests: [`${head.join('\r\n')}\r\n\r\n${form}`] }
}

async function megabytes(): Promise<number> {
  const status = await readFile(`/proc/${node.pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024
}

const statusOf = (path: string) =>
  fetch(new URL(path, node.url)).then(
    async (answer) => {
      await answer.arrayBuffer()
      return answer.status
    },
    () => 0,
  )

it(
  'SEC-112 sheds what is more than it can do, answers health and keys meanwhile, and has recovered within 10 s',
  async () => {
    using load = startLoad()
    const ask = (pace: Load['pace'], time: number) => load.run({ ...askingForTokens(), seconds: time, pace })
    const { done, seconds: took } = await ask({ atOnce: 32 }, 4)
    const perSecond = ((isLong ? 2 : 4) * done) / took

    const always = new Map<number, number>()
    let memory = 0
    let going = true
    const watch = (async () => {
      while (going) {
        for (const path of ['/health/live', '/jwks']) {
          const status = await statusOf(path)
          always.set(status, (always.get(status) ?? 0) + 1)
        }
        memory = Math.max(memory, await megabytes())
        await delay(500)
      }
    })()
    const { statuses, done: answered, gaveUp } = await ask({ perSecond, ...crowd }, seconds)
    const over = performance.now()
    going = false
    await watch
    while ((await ask({ atOnce: 1 }, 0.2)).statuses[200] === undefined || (await statusOf('/health/ready')) !== 200)
      await delay(100)
    const recovered = performance.now() - over
    console.log(
      `SEC-112 ${answered} in ${seconds} s, ${Math.round(perSecond)} a second:`,
      statuses,
      `${gaveUp} gave up; ${memory.toFixed(0)} MB, as before after ${recovered.toFixed(0)} ms`,
    )

    expect(Object.keys(statuses).sort()).toEqual(['200', '503'])
    expect(gaveUp).toBe(0)
    // It goes on doing what it can.
    expect(statuses[200]).toBeGreaterThan(answered / 20)
    expect([...always.keys()]).toEqual([200])
    expect(memory).toBeLessThan(1024)
    expect(recovered).toBeLessThan(10_000)
    expect(node.complaints).toBe('')
  },
  120_000 + seconds * 3000,
)
