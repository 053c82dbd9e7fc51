#!/usr/bin/env node
/**
 * `npx gatehouse …`. Plain JavaScript without packages, because the machine's own Node.js (>= 20) may run it: the command
 * line itself is run by the pinned one.
 */
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const main = join(root, 'src', 'cli', 'main.ts')
const keepCompiled = new URL('../src/startup/keep-compiled.mjs', import.meta.url)
const pinned = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

const numbers = (version) => version.replace(/^\D*/, '').split('.').map(Number)
const [wantedMajor, wantedMinor] = numbers(engines.node)
const [major, minor] = numbers(process.version)
const isRecent = major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)

if (isRecent && existsSync(join(root, 'node_modules', 'zod'))) {
  await import(keepCompiled)
  await import(new URL('../src/cli/main.ts', import.meta.url))
} else {
  if (!existsSync(pinned)) await import('../scripts/prepare.mjs')
  if (!process.exitCode) run()
}

function run() {
  const child = spawn(pinned, ['--import', keepCompiled.href, main, ...process.argv.slice(2)], { stdio: 'inherit' })
  // The terminal sends its signals to both; others are passed on.
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  process.on('SIGINT', () => {})
  child.on('error', (error) => {
    console.error(error.message)
    process.exitCode = 1
  })
  child.on('exit', (code) => {
    process.exitCode = code ?? 1
  })
}
