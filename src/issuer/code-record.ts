import { z } from 'zod'
import type { Grant } from '../sessions/session.ts'
import type { Artifact } from './artifact-store.ts'

/** What the code stands on, as it was when the code was made. */
const CopyOfGrant: z.ZodType<Grant> = z.strictObject({
  id: z.string(),
  sessionId: z.string().nullable(),
  clientId: z.string(),
  accountId: z.string(),
  sourceId: z.string(),
  scopes: z.array(z.string()),
  claims: z.array(z.string()),
  resources: z.record(z.string(), z.array(z.string())),
  expiresAt: z.int(),
})

/**
 * An authorization code as the provider keeps it, when there is nothing uncommon about it (see refresh-record.ts): it came
 * with a challenge (RFC 7636), and nobody asked for claims one by one.
 */
const Plain = z.strictObject({
  kind: z.literal('AuthorizationCode'),
  /** Seconds. */
  iat: z.int(),
  exp: z.int(),
  clientId: z.string(),
  accountId: z.string(),
  sourceId: z.string(),
  grantId: z.string(),
  granted: CopyOfGrant,
  sessionUid: z.string(),
  /** Absent of an offline grant, which outlives its session. */
  expiresWithSession: z.literal(true).optional(),
  redirectUri: z.string(),
  codeChallenge: z.string(),
  codeChallengeMethod: z.literal('S256'),
  scope: z.string(),
  resource: z.string(),
  acr: z.string(),
  amr: z.array(z.string()).optional(),
  authTime: z.int().optional(),
  nonce: z.string().optional(),
})

export type CodeRecord = z.infer<typeof Plain>

/** `undefined`: it was used, or is the provider's to look at. */
export const plainCode = (found: Artifact | undefined): CodeRecord | undefined =>
  found?.consumedAt === null ? Plain.safeParse(found.payload).data : undefined
