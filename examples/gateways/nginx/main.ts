/** nginx with the recipe beside this file and the demo's addresses. Ends it when it is ended itself. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

const settings = z
  .object({
    /** The program. */
    NGINX: z.string(),
    /** Where it may write. */
    FOLDER: z.string(),
    PORT: z.coerce.number(),
    GATEHOUSE: z.url(),
    PATIENT_API: z.url(),
  })
  .parse(process.env)

const folder = settings.FOLDER
await mkdir(folder, { recursive: true })
const recipe = await readFile(join(import.meta.dirname, 'gatehouse.conf'), 'utf8')
const site = recipe
  .replaceAll('127.0.0.1:3000', `127.0.0.1:${new URL(settings.GATEHOUSE).port}`)
  .replace('127.0.0.1:3003', `127.0.0.1:${new URL(settings.PATIENT_API).port}`)
  .replace('127.0.0.1:8080', `127.0.0.1:${settings.PORT}`)
const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
  (kind) => `${kind}_temp_path ${quoted(join(folder, kind))};`,
)
const configuration = join(folder, 'nginx.conf')
await writeFile(
  configuration,
  `daemon off; master_process off; pid ${quoted(join(folder, 'nginx.pid'))}; error_log stderr;
events {}
http {
access_log off;
${temporary.join('\n')}
${site}}
`,
)

const nginx = spawn(settings.NGINX, ['-p', folder, '-c', configuration, '-e', 'stderr'], {
  stdio: ['ignore', 'inherit', 'inherit'],
})
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => nginx.kill('SIGTERM'))
const [code] = await once(nginx, 'exit')
process.exitCode = code === null ? 0 : code

function quoted(path: string): string {
  return `"${path.replaceAll(/["\\]/g, '\\$&')}"`
}
