import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

export interface AssetFile {
  readonly body: Buffer
  /** Media type. */
  readonly type: string
  /** Quoted, as the header wants it; the hash within is the `v` of the asset's URL, which may therefore be cached for ever. */
  readonly etag: string
}

const folderOf = (name: string): string => dirname(createRequire(import.meta.url).resolve(name))

/** Of packages: their exact versions are in package-lock.json. */
const packaged: Readonly<Record<string, string>> = {
  'webauthn.js': join(folderOf('@simplewebauthn/browser'), '..', 'dist', 'bundle', 'index.umd.min.js'),
  'htmx.js': join(folderOf('htmx.org'), 'htmx.min.js'),
}

const types = {
  'gatehouse.css': 'text/css; charset=utf-8',
  'console.css': 'text/css; charset=utf-8',
  'signin.js': 'text/javascript; charset=utf-8',
  'console.js': 'text/javascript; charset=utf-8',
  'passkeys.js': 'text/javascript; charset=utf-8',
  'webauthn.js': 'text/javascript; charset=utf-8',
  'htmx.js': 'text/javascript; charset=utf-8',
  'mark.svg': 'image/svg+xml',
}

export type AssetName = keyof typeof types

const files = new Map<string, AssetFile>(
  Object.entries(types).map(([name, type]) => {
    const body = readFileSync(packaged[name] ?? join(import.meta.dirname, 'assets', name))
    return [name, { body, type, etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 16)}"` }]
  }),
)

export const assetNames: readonly string[] = [...files.keys()]

/** `undefined`: there is no such asset. */
export const assetFile = (name: string): AssetFile | undefined => files.get(name)

/** Changes with the content, so that it can be served as immutable. */
export const assetUrl = (base: string, name: AssetName): string =>
  `${base}/${name}?v=${files.get(name)?.etag.slice(1, -1)}`
