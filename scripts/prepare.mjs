/**
 * Runs before every npm script. Brings node_modules in line with package-lock.json, the pinned Node.js included,
 * and with `--tests` makes sure that there are the programs that the tests need: a browser and servers (programs.mjs).
 * Changes nothing when nothing is missing.
 *
 * Plain JavaScript without packages: the first time it runs, there is only the machine's own Node.js (>= 20).
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { alone } from './lock.mjs'
import { findProgram, programs } from './programs.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const modules = join(root, 'node_modules')
const stamp = join(modules, '.gatehouse-installed')
const pinnedNode = join(modules, '.bin', process.platform === 'win32' ? 'node.cmd' : 'node')

class Hindrance extends Error {}

const lockfile = readFileSync(join(root, 'package-lock.json'))
// Folders travel between machines (mounts, images); the pinned Node.js in them does not.
const wanted = createHash('sha256').update(lockfile).update(`${process.platform}-${process.arch}`).digest('hex')

const isInstalled = () => existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted && existsSync(pinnedNode)
const missing = () =>
  process.argv.includes('--tests') ? Object.keys(programs).filter((name) => !findProgram(name, process.env)) : []

try {
  if (!isInstalled() || missing().length > 0) {
    await alone(join(root, '.prepare.lock'), () => {
      if (!isInstalled()) install()
      if (missing().length > 0) installPrograms(missing())
    })
  }
} catch (error) {
  if (!(error instanceof Hindrance)) throw error
  console.error(`\n${error.message}\n`)
  process.exitCode = 1
}

function install() {
  if (!installedByHand()) {
    console.error('Installing the packages of package-lock.json …')
    const { status, error } = npm('ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error')
    if (status !== 0)
      throw new Hindrance(`The packages could not be installed: npm ci failed, see above. ${error?.message ?? ''}`)
  }
  checkNode()
  // Only saves the first start some time: should it fail, that start says why.
  // As it is started: what was compiled otherwise is of no use (test/operations/containers.test.ts).
  const compile = ['--no-allocation-site-pretenuring', join(root, 'scripts', 'compile.ts')]
  spawnSync(pinnedNode, compile, { shell: process.platform === 'win32' })
  writeFileSync(stamp, wanted)
}

/** Whether somebody ran `npm install` already, so that there is nothing to fetch and no network is needed. */
function installedByHand() {
  const record = join(modules, '.package-lock.json')
  if (!existsSync(record) || !existsSync(pinnedNode)) return false
  const present = JSON.parse(readFileSync(record, 'utf8')).packages
  return Object.entries(JSON.parse(lockfile.toString()).packages).every(([path, { version, optional }]) => {
    const found = present[path]
    return path === '' || (found ? found.version === version : optional === true)
  })
}

// The npm that runs us, by the Node.js that runs it: the one in node_modules/.bin is about to be replaced.
function npm(...parameters) {
  const path = (process.env.PATH ?? '').split(delimiter).filter((folder) => !folder.startsWith(modules))
  const options = { cwd: root, stdio: ['ignore', 2, 2], env: { ...process.env, PATH: path.join(delimiter) } }
  const { npm_execpath: script, npm_node_execpath: node } = process.env
  if (script && node && !node.startsWith(modules)) return spawnSync(node, [script, ...parameters], options)
  return spawnSync('npm', parameters, { ...options, shell: process.platform === 'win32' })
}

function checkNode() {
  const expected = `v${JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).devDependencies.node}`
  let found = 'nothing that runs'
  try {
    found = execFileSync(pinnedNode, ['--version'], { encoding: 'utf8', shell: process.platform === 'win32' }).trim()
  } catch {
    // Missing, or made for another machine: either way, not the one we expect.
  }
  if (found === expected) return
  throw new Hindrance(
    `Node.js ${expected} should be in node_modules/.bin, but there is ${found}. The package "node" fetches it in its\n` +
      'preinstall script, which must be allowed to run and to reach the npm registry. Check that\n' +
      '  - "npm config get ignore-scripts" says false (otherwise: npm start --ignore-scripts=false),\n' +
      '  - allowScripts in package.json has "node": true;\n' +
      'then remove node_modules and try again.',
  )
}

function installPrograms(names) {
  for (const { title, variable } of names.map((name) => programs[name])) {
    if (process.env[variable])
      throw new Hindrance(`${variable} names ${process.env[variable]}, which is no program that can be run (${title}).`)
  }
  const titles = names.map((name) => programs[name].title).join(', ')
  const packages = names.flatMap((name) => programs[name].debian)
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    const variables = names.map((name) => programs[name].variable).join(', ')
    throw new Hindrance(
      `The tests need ${titles}. Install what is missing with the package manager of your system (on Debian:\n` +
        `sudo apt-get install ${packages.join(' ')}), or set ${variables} to the path of the program.`,
    )
  }
  console.error(`Installing for the tests: ${titles} …`)
  withoutServices(() => {
    for (const parameters of [['update'], ['install', '-y', '--no-install-recommends', ...packages]]) apt(parameters)
  })
  const absent = names.filter((name) => !findProgram(name, process.env)).map((name) => programs[name])
  if (absent.length > 0)
    throw new Hindrance(
      `Installed but not found: ${absent.map(({ title, variable }) => `${title} (set ${variable})`).join(', ')}.`,
    )
}

function apt(parameters) {
  const options = { stdio: ['ignore', 2, 2], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } }
  if (spawnSync('apt-get', parameters, options).status !== 0)
    throw new Hindrance(`apt-get ${parameters[0]} failed, see above.`)
}

/** The tests start servers of their own; the packages shall not bring up one on the standard ports. */
function withoutServices(work) {
  const clusters = '/etc/postgresql-common/createcluster.d'
  const settings = join(clusters, 'no-main-cluster.conf')
  const policy = '/usr/sbin/policy-rc.d'
  const ours = !existsSync(policy)
  mkdirSync(clusters, { recursive: true })
  if (!existsSync(settings)) writeFileSync(settings, 'create_main_cluster = false\n')
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    work()
  } finally {
    if (ours) rmSync(policy)
  }
}
