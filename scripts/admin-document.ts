import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { startBroker } from '../src/app.ts'
import { loadConfig } from '../src/config/load.ts'

/** docs/openapi.json: what a broker with the settings as they come tells of its admin API. */
export async function adminDocument(): Promise<string> {
  const client = { id: 'docs', secret: randomBytes(32).toString('base64url') }
  const config = {
    ...(await loadConfig({}, join(import.meta.dirname, '..'))),
    database_url: 'sqlite::memory:',
    listen: { host: '127.0.0.1', port: 0 },
    log_level: 'silent' as const,
  }
  await using broker = await startBroker({ ...config, bootstrap: { ...config.bootstrap, client } }, [randomBytes(32)])
  const token = await fetch(new URL('/token', broker.url), {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'admin:read' }),
    headers: { authorization: `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString('base64')}` },
  })
  const { access_token } = (await token.json()) as { access_token: string }
  const answer = await fetch(new URL('/admin/api/v1/openapi.json', broker.url), {
    headers: { authorization: `Bearer ${access_token}` },
  })
  if (!answer.ok) throw new Error(`The document was answered with ${answer.status}: ${await answer.text()}`)
  return `${JSON.stringify(await answer.json(), null, 2)}\n`
}
