import { once } from 'node:events'
import { z } from 'zod'
import { createOkta } from './okta.ts'

const settings = z
  .object({
    ISSUER: z.url(),
    CLIENT_ID: z.string(),
    CLIENT_SECRET: z.string(),
    REDIRECT_URI: z.url(),
    POST_LOGOUT_REDIRECT_URI: z.url(),
  })
  .parse(process.env)

const okta = createOkta({
  issuer: settings.ISSUER,
  client: {
    client_id: settings.CLIENT_ID,
    client_secret: settings.CLIENT_SECRET,
    redirect_uris: [settings.REDIRECT_URI],
    post_logout_redirect_uris: [settings.POST_LOGOUT_REDIRECT_URI],
  },
})
const { hostname, port } = new URL(settings.ISSUER)
await once(okta.listen(Number(port), hostname), 'listening')
