import { once } from 'node:events'
import { z } from 'zod'
import { createWebApp } from './web-app.ts'

const settings = z
  .object({
    URL: z.url(),
    ISSUER: z.url(),
    CLIENT_ID: z.string(),
    CLIENT_SECRET: z.string(),
    PATIENT_API: z.url(),
  })
  .parse(process.env)

const url = new URL(settings.URL)
const app = await createWebApp({
  url,
  issuer: new URL(settings.ISSUER),
  clientId: settings.CLIENT_ID,
  clientSecret: settings.CLIENT_SECRET,
  patientApi: new URL(settings.PATIENT_API),
})
await once(app.listen(Number(url.port), '127.0.0.1'), 'listening')
