import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { startChild } from '../../examples/child.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-child-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function start(program: string, port: number) {
  const script = join(folder, 'program.mjs')
  await writeFile(script, program)
  const [log, ready] = [join(folder, 'program.log'), new URL(`http://127.0.0.1:${port}`)]
  return startChild({ name: 'program', script, settings: { PORT: String(port) }, log, ready })
}

async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const address = probe.address()
  probe.close()
  return typeof address === 'object' && address ? address.port : 0
}

const server = `
  import { createServer } from 'node:http'
  createServer((request, response) => {
    response.end('hello')
    if (request.url === '/die') process.exit(3)
  }).listen(Number(process.env.PORT), '127.0.0.1')`

it('a process that ends before it is ready is a failure that shows its last words', async () => {
  const starting = start(`console.error('no such setting: ISUER'); process.exitCode = 2`, await freePort())
  await expect(starting).rejects.toThrow(/^program has ended \(exit code 2\)[\s\S]+no such setting: ISUER/)
})

it('a process that ends later is told about', async () => {
  const port = await freePort()
  await using child = await start(server, port)
  await fetch(`http://127.0.0.1:${port}/die`).catch(() => undefined)
  expect(await child.ended).toContain('program has ended (exit code 3)')
})

it('a process ends when it is no longer wanted, and gives its port back', async () => {
  const port = await freePort()
  const child = await start(server, port)
  await child[Symbol.asyncDispose]()
  await expect(fetch(`http://127.0.0.1:${port}`)).rejects.toThrow()
})
