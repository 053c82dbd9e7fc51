import type { IncomingMessage } from 'node:http'
import { admitMachine } from '../admission/admit.ts'
import type { Client } from '../clients/client.ts'
import { comparable } from '../clients/client-secret.ts'
import { after, type Soon } from '../soon.ts'
import type { ProvesBy } from './client-secrets.ts'
import type { PlainForm } from './direct-form.ts'
import type { ProvingClients } from './proving-clients.ts'

/** Of every answer to a client. */
export const directHeaders = {
  'Content-Type': 'application/json; charset=utf-8',
  'Cache-Control': 'no-store',
  Vary: 'Origin',
}

/**
 * A client that proves itself by its secret, in the one way it registered (client-authentication.ts). `undefined`: it is
 * another way, or wrong, and the provider's to answer.
 */
export function authenticated(
  req: IncomingMessage,
  form: PlainForm,
  clients: ProvingClients,
  proves: ProvesBy,
): Soon<Client | undefined> {
  const { authorization } = req.headers
  const shown = authorization === undefined ? fromBody(form) : fromHeader(authorization, form)
  if (!shown) return undefined
  const secret = comparable(shown.secret)
  return after(clients.find(req, shown.id, secret), (client) => {
    const comesThisWay = client !== undefined && !('denied' in admitMachine(client)) && shows(client, shown.method)
    // It costs the same to ask for one that is not there, or comes another way.
    const isProven = proves(shown.id, comesThisWay ? client.secrets : [], secret)
    return isProven ? client : undefined
  })
}

function shows({ metadata }: Client, method: Shown['method']): boolean {
  const { token_endpoint_auth_method = 'client_secret_basic', client_secret_expires_at = 0 } = metadata
  return token_endpoint_auth_method === method && client_secret_expires_at === 0
}

/** A client without a secret says its name in the form, and nothing else about itself. `undefined`: it is no such one. */
export async function publicClient(
  req: IncomingMessage,
  form: PlainForm,
  clients: ProvingClients,
): Promise<Client | undefined> {
  const id = form.get('client_id')
  if (req.headers.authorization !== undefined || form.has('client_secret') || !id) return undefined
  const client = await clients.find(req, id, undefined)
  const isPublic = client?.metadata.token_endpoint_auth_method === 'none' && client.secrets.length === 0
  return isPublic && !('denied' in admitMachine(client)) ? client : undefined
}

interface Shown {
  readonly id: string
  readonly secret: string
  readonly method: 'client_secret_basic' | 'client_secret_post'
}

function fromBody(form: PlainForm): Shown | undefined {
  const id = form.get('client_id')
  const secret = form.get('client_secret')
  return id && secret ? { id, secret, method: 'client_secret_post' } : undefined
}

const basic = /^Basic ([A-Za-z0-9+/]+={0,2})$/i
const visible = /^[\x20-\x7e]+$/

/** RFC 6749 §2.3.1; with a colon too many it is the provider's to find out what is meant. */
function fromHeader(authorization: string, form: PlainForm): Shown | undefined {
  const [, credentials = ''] = basic.exec(authorization) ?? []
  const bytes = Buffer.from(credentials, 'base64')
  if (credentials === '' || bytes.toString('base64') !== credentials || form.has('client_secret')) return undefined
  const parts = bytes.toString('utf8').split(':')
  const [id, secret] = parts.map(decoded)
  if (parts.length !== 2 || !id || !secret || !visible.test(id) || !visible.test(secret)) return undefined
  return (form.get('client_id') ?? id) === id ? { id, secret, method: 'client_secret_basic' } : undefined
}

function decoded(text: string): string {
  if (!/[%+]/.test(text)) return text
  try {
    return decodeURIComponent(text.replaceAll('+', '%20'))
  } catch {
    return '' // Not form-encoded: the provider says so.
  }
}
