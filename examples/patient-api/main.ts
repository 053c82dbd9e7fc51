import { once } from 'node:events'
import { z } from 'zod'
import { createTokenCheck } from './check-token.ts'
import { createPatientApi } from './patient-api.ts'

const settings = z
  .object({
    ISSUER: z.url(),
    AUDIENCE: z.string(),
    PORT: z.coerce.number(),
    /** `true`: what is to be covered comes with each request, in X-Auth-Mask. */
    BEHIND_GATEWAY: z.stringbool().default(false),
  })
  .parse(process.env)

const discovery = await fetch(`${settings.ISSUER}/.well-known/openid-configuration`)
const { jwks_uri: jwksUri } = z.object({ jwks_uri: z.url() }).parse(await discovery.json())

const checkToken = createTokenCheck({ issuer: settings.ISSUER, audience: settings.AUDIENCE, jwksUri: new URL(jwksUri) })
const api = createPatientApi(checkToken, { isBehindGateway: settings.BEHIND_GATEWAY })
await once(api.listen(settings.PORT, '127.0.0.1'), 'listening')
