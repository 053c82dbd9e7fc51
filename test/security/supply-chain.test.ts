/** What we stand on: locked to the byte, none known to be unsafe, and none that runs at its installation unasked. */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const run = promisify(execFile)
const root = join(import.meta.dirname, '..', '..')
const read = (name: string) => JSON.parse(readFileSync(join(root, name), 'utf8'))

interface Locked {
  readonly version?: string
  readonly integrity?: string
  readonly resolved?: string
  readonly hasInstallScript?: boolean
  readonly link?: boolean
  readonly dev?: boolean
  readonly optional?: boolean
}
const lock = read('package-lock.json') as { lockfileVersion: number; packages: Record<string, Locked> }
const manifest = read('package.json') as Record<'dependencies' | 'devDependencies', Record<string, string>>
const locked = Object.entries(lock.packages).filter(([path]) => path !== '')
const nameOf = (path: string) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)

/** The first versions without the known ways round signatures, algorithms and entities. */
const least: Readonly<Record<string, string>> = {
  '@node-saml/node-saml': '5.1.0',
  '@node-saml/passport-saml': '5.1.0',
  '@xmldom/xmldom': '0.8.11',
  'fast-xml-parser': '5.3.4',
  jose: '6.0.0',
  jsonwebtoken: '9.0.0',
  koa: '3.0.3',
  ldapts: '8.0.0',
  'node-forge': '1.3.2',
  'oidc-provider': '9.0.0',
  'openid-client': '6.0.0',
  samlify: '2.10.0',
  undici: '7.5.0',
  ws: '8.17.1',
  'xml-crypto': '6.0.1',
  'xml-encryption': '3.0.0',
  zod: '4.0.0',
}

function isBelow(version: string, other: string): boolean {
  const [a, b] = [version, other].map((text) => text.split('-')[0]?.split('.').map(Number) ?? [])
  for (let part = 0; part < 3; part++)
    if ((a?.[part] ?? 0) !== (b?.[part] ?? 0)) return (a?.[part] ?? 0) < (b?.[part] ?? 0)
  return version.includes('-') && !other.includes('-')
}

describe('SEC-120 the packages that we stand on', () => {
  it('are locked, each with the digest of its bytes, and asked for by their exact version', () => {
    expect(lock.lockfileVersion).toBe(3)
    // What belongs to other machines than the one that locked is asked for there, by its version.
    const ours = locked.filter(([, { link, dev, optional }]) => !link && !(dev && optional))
    for (const [path, { integrity }] of ours) expect(integrity, path).toMatch(/^sha512-/)
    for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }))
      expect(version, name).toMatch(/^\d+\.\d+\.\d+/)
    for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }))
      expect(lock.packages[`node_modules/${name}`]?.version, name).toBe(version)
  })

  it('are none below the first version that is safe, wherever they come in', () => {
    const old = locked.filter(([path, { version = '' }]) => isBelow(version, least[nameOf(path)] ?? '0.0.0'))
    expect(old.map(([path, { version }]) => `${path} ${version}`)).toEqual([])
    expect(locked.map(([path]) => nameOf(path))).toEqual(expect.arrayContaining(['jose', 'oidc-provider', 'zod']))
  })

  it('would be found below it', () => {
    expect([isBelow('0.8.10', '0.8.11'), isBelow('0.8.11', '0.8.11'), isBelow('0.10.0', '0.8.11')]).toEqual([
      true,
      false,
      false,
    ])
    expect([isBelow('6.0.0-rc.1', '6.0.0'), isBelow('5.9.9', '6.0.0')]).toEqual([true, true])
  })

  it('run nothing when they are installed, but for the one that brings the pinned Node.js', () => {
    const scripts = locked.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => nameOf(path))
    expect(scripts.filter((name) => !['node', 'fsevents'].includes(name))).toEqual([])
  })

  it('are listed in a bill of materials that npm writes from the lock alone', async () => {
    const sbom = ['sbom', '--package-lock-only', '--sbom-format=cyclonedx', '--offline']
    const { stdout } = await run('npm', sbom, { cwd: root, maxBuffer: 1 << 26 })
    const { bomFormat, components } = JSON.parse(stdout) as { bomFormat: string; components: { name: string }[] }
    expect(bomFormat).toBe('CycloneDX')
    expect(components.map(({ name }) => name)).toEqual(expect.arrayContaining(Object.keys(manifest.dependencies)))
  })
})
