/** A protected API: it answers who brings an access token of the broker, and shows each caller what they may see. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { JWTPayload } from 'jose'
import { CannotMask, type Mask, readMasks } from '../mask/mask.ts'
import { maskResponse } from '../mask/mask-response.ts'
import { type CheckToken, InvalidToken } from './check-token.ts'

const patients: Readonly<Record<string, { readonly name: string; readonly born: string; readonly ssn: string }>> = {
  '1': { name: 'Ada Fischer', born: '1984-03-12', ssn: '987-65-4320' },
}

interface Options {
  /** Nobody reaches it but through a gateway that asks the broker: what is to be covered is said in `X-Auth-Mask`. */
  readonly isBehindGateway?: boolean
}

export function createPatientApi(checkToken: CheckToken, { isBehindGateway = false }: Options = {}): Server {
  const masksFor = ({ headers }: IncomingMessage, claims: JWTPayload) =>
    isBehindGateway ? readMasks(headers['x-auth-mask']) : ownMasks(claims)

  return createServer((request, response) => {
    answer(request, response, { checkToken, masksFor }).catch((error: unknown) => {
      if (error instanceof InvalidToken) {
        const challenge = `Bearer realm="Patient API", error="invalid_token", error_description="${quotable(error.message)}"`
        return send(response, 401, { error: 'invalid_token' }, { 'www-authenticate': challenge })
      }
      if (error instanceof CannotMask) {
        console.error(error.message)
        return send(response, 500, { error: 'could_not_mask' })
      }
      console.error('Could not check the token:', error)
      send(response, 503, { error: 'temporarily_unavailable' }, { 'retry-after': '5' })
    })
  })
}

interface Needs {
  readonly checkToken: CheckToken
  readonly masksFor: (request: IncomingMessage, claims: JWTPayload) => readonly Mask[]
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { checkToken, masksFor }: Needs,
): Promise<void> {
  const [, token] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '') ?? []
  // RFC 6750 §3.1: who brought no token is told how to bring one, and no error.
  if (!token) return send(response, 401, { error: 'no_token' }, { 'www-authenticate': 'Bearer realm="Patient API"' })
  const claims = await checkToken(token)
  maskResponse(request, response, masksFor(request, claims))

  if (request.method !== 'GET') return send(response, 405, { error: 'method_not_allowed' }, { allow: 'GET' })
  const [, id = ''] = /^\/patients\/(\d+)$/.exec(new URL(request.url ?? '/', 'http://api').pathname) ?? []
  const patient = patients[id]
  if (!patient) return send(response, 404, { error: 'not_found' })

  send(response, 200, patient)
}

/** Without a gateway it has to know the rule itself: the `mask` that config/demo.yaml gives to the broker. */
function ownMasks({ groups }: JWTPayload): readonly Mask[] {
  const isStaff = Array.isArray(groups) && groups.includes('Staff')
  return isStaff ? [] : [['$..ssn', '#########']]
}

function send(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers })
  response.end(`${JSON.stringify(body)}\n`)
}

// RFC 6750 §3: what an error_description may contain.
const quotable = (text: string): string => text.replaceAll('"', "'").replace(/[^\x20-\x7e]|\\/g, '')
