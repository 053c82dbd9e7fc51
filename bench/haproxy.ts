/** HAProxy with its own `jwt_verify`, in C: the other measure of the gateway's check. It asks nobody, and so sees no revocation. */
import { createPublicKey, type JsonWebKey } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findProgram } from '../scripts/programs.mjs'
import { freePort, type Server, start } from './processes.ts'

/** `undefined`: it is not installed. One thread, and every token that `issuer` signs passes. */
export async function startHaproxy(folder: string, issuer: string): Promise<Server | undefined> {
  const program = findProgram('haproxy', process.env)
  if (!program) return undefined
  const { keys } = (await (await fetch(`${issuer}/jwks`)).json()) as { readonly keys: readonly JsonWebKey[] }
  const [key] = keys
  if (!key) throw new Error('no key')
  const port = await freePort()
  const pem = join(folder, `haproxy-${port}.pem`)
  const file = join(folder, `haproxy-${port}.cfg`)
  await writeFile(pem, createPublicKey({ key, format: 'jwk' }).export({ type: 'spki', format: 'pem' }))
  await writeFile(file, configuration(port, pem))
  return start(['-db', '-f', file], port, {}, { program, ready: '/ready' })
}

const configuration = (port: number, pem: string): string => `
global
  nbthread 1
  maxconn 2000
defaults
  mode http
  timeout client 30s
  timeout server 30s
  timeout connect 5s
frontend check
  bind 127.0.0.1:${port}
  monitor-uri /ready
  http-request set-var(txn.token) http_auth_bearer
  http-request set-var(txn.alg) var(txn.token),jwt_header_query('$.alg')
  http-request deny deny_status 401 unless { var(txn.alg) -m str RS256 }
  http-request deny deny_status 401 unless { var(txn.token),jwt_verify(txn.alg,"${pem}") -m int 1 }
  http-request return status 204
`
