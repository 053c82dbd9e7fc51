/** F39: nobody reads the standard output. */
import { spawn } from 'node:child_process'
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
