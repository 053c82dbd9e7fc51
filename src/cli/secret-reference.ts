/** Secrets in files are named, not written: `env:NAME`, `file:PATH`. */
import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'

export type SecretSource = { readonly kind: 'env' | 'file'; readonly name: string }

/** `undefined`: it is the secret itself. */
export function referenceIn(text: string): SecretSource | undefined {
  const [, kind, name = ''] = /^(env|file):(.+)$/s.exec(text) ?? []
  return kind === 'env' || kind === 'file' ? { kind, name } : undefined
}

type Found = { readonly value: unknown } | { readonly problem: string }

/** A file's last line break is not the secret's; its name is relative to the file that names it. */
export async function resolveSecret(
  { kind, name }: SecretSource,
  { file, environment }: { readonly file: string; readonly environment: NodeJS.ProcessEnv },
): Promise<Found> {
  if (kind === 'env') {
    const text = environment[name]
    return text ? { value: parsed(text) } : { problem: `the environment variable ${name} is not set` }
  }
  try {
    const text = (await readFile(resolve(dirname(file), name), 'utf8')).replace(/\r?\n$/, '')
    return text ? { value: parsed(text) } : { problem: `the file ${name} is empty` }
  } catch (error) {
    return { problem: `the file ${name} cannot be read (${(error as NodeJS.ErrnoException).code})` }
  }
}

/** A private key is an object (JWK); every other secret is text. */
function parsed(text: string): unknown {
  if (!text.startsWith('{')) return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
