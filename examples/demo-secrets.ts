import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { z } from 'zod'

const Secrets = z.object({
  /** 32 bytes in base64: encrypts what the broker keeps secret. */
  encryption: z.string(),
  admin: z.string(),
  okta: z.string(),
  webApp: z.string(),
})

export type Secrets = Readonly<z.infer<typeof Secrets>>

/** Those of the last time, or new ones. */
export async function loadSecrets(file: string): Promise<Secrets> {
  const kept = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
  if (kept !== undefined) return Secrets.parse(JSON.parse(kept))

  const made = { encryption: random('base64'), admin: random(), okta: random(), webApp: random() }
  await writeFile(file, `${JSON.stringify(made, undefined, 2)}\n`, { mode: 0o600 })
  return made
}

const random = (encoding: 'base64' | 'base64url' = 'base64url') => randomBytes(32).toString(encoding)
