import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const root = join(import.meta.dirname, '..', '..')
const tell = 'console.log(JSON.stringify([process.env.MALLOC_ARENA_MAX, process.argv.slice(1), process.execArgv[0]]))'

function begin(env: Readonly<Record<string, string | undefined>>) {
  const { MALLOC_ARENA_MAX: _ours, ...rest } = process.env
  const command = ['--max-semi-space-size=8', '--import', './scripts/one-arena.mjs', '-e', tell, 'a b', '']
  const { stdout, stderr, status } = spawnSync(process.execPath, command, {
    cwd: root,
    env: { ...rest, ...env },
    encoding: 'utf8',
  })
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 })
  return JSON.parse(stdout) as [string | undefined, string[], string]
}

it.runIf(process.platform === 'linux')('has glibc keep one place for memory, and is otherwise as it was called', () => {
  expect(begin({})).toEqual(['1', ['a b', ''], '--max-semi-space-size=8'])
})

it('leaves it to whoever has set the variable', () => {
  expect(begin({ MALLOC_ARENA_MAX: '4' })[0]).toBe('4')
})

it('comes first of all when the broker is started', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>
  }
  expect(scripts.start?.match(/--import \S+/g)?.[0]).toBe('--import ./scripts/one-arena.mjs')
})
