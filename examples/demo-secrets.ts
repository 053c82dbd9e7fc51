import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { z } from 'zod'

const Secrets = z.object({
  /** 32 bytes in base64: encrypts what the broker keeps secret. */
  encryption: z.string(),
  admin: z.string(),
  setUp: z.string(),
  okta: z.string(),
  /** The broker makes this one. */
  webApp: z.string().optional(),
})

export type Secrets = Readonly<z.infer<typeof Secrets>>

/** Those of the last time, or new ones. */
export async function loadSecrets(file: string): Promise<Secrets> {
  const kept = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
  if (kept !== undefined) return Secrets.parse(JSON.parse(kept))

  const made = { encryption: randomBytes(32).toString('base64'), admin: random(), setUp: random(), okta: random() }
  await saveSecrets(file, made)
  return made
}

export const saveSecrets = (file: string, secrets: Secrets): Promise<void> =>
  writeFile(file, `${JSON.stringify(secrets, undefined, 2)}\n`, { mode: 0o600 })

const random = () => randomBytes(24).toString('base64url')
