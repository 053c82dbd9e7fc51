/** F39: nobody reads the standard output. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, it } from 'vitest'

const root = join(import.meta.dirname, '..', '..')

// 20 MB of lines, while something else wants its turn every few milliseconds.
const program = `
const { createLog, droppedLines } = await import('${root}/src/log.ts')
const log = createLog('info')
let longest = 0
let last = performance.now()
for (let i = 0; i < 40_000; i++) {
  log.info({ filling: 'x'.repeat(400) }, 'a line')
  if (i % 100 === 0) {
    await new Promise(setImmediate)
    longest = Math.max(longest, performance.now() - last)
    last = performance.now()
  }
}
console.error(JSON.stringify({ longest, dropped: droppedLines() }))
process.kill(process.pid, 'SIGKILL')
`

it('drops and counts log lines that nobody takes, and makes nobody wait for them', { timeout: 60_000 }, async () => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'pipe'] })
  const said = JSON.parse(await text(child.stderr)) as { longest: number; dropped: number }
  child.stdout.destroy()
  expect(said.dropped).toBeGreaterThan(20_000)
  expect(said.longest).toBeLessThan(2_000)
})

// A pipe that has been written to as a stream says that it is full, instead of waiting.
const lastWords = `
const { createLog, droppedLines } = await import('${root}/src/log.ts')
console.log('ready')
const log = createLog('info')
while (droppedLines() === 0) {
  log.info({ filling: 'x'.repeat(100_000) }, 'a line')
  await new Promise(setImmediate)
}
process.exit()
`

it.each(['a full disk', 'a pipe that nobody reads'])(
  'ends when it is to, although its log goes to %s',
  {
    timeout: 60_000,
  },
  async (sink) => {
    await using disk = await open('/dev/full', 'w')
    const child = spawn(process.execPath, ['--input-type=module', '-e', lastWords], {
      stdio: ['ignore', sink === 'a full disk' ? disk.fd : 'pipe', 'ignore'],
      timeout: 50_000,
      killSignal: 'SIGKILL',
    })
    expect(await once(child, 'exit')).toEqual([0, null])
    child.stdout?.destroy()
  },
)
