import { z } from 'zod'
import { digest } from '../ids.ts'
import type { Artifact } from './artifact-store.ts'

/**
 * A refresh token as the provider keeps it, when there is nothing uncommon about it: whatever else it may say (claims
 * that were asked for one by one, a key it is bound to) the provider has rules for.
 */
const Plain = z.strictObject({
  kind: z.literal('RefreshToken'),
  /** Seconds, as all times here. */
  iat: z.int(),
  exp: z.int(),
  /** When the first of its line was issued. */
  iiat: z.int(),
  clientId: z.string(),
  accountId: z.string(),
  sourceId: z.string(),
  grantId: z.string(),
  sessionUid: z.string(),
  /** Of tokens that were written before it was made from the uid. */
  sid: z.string().optional(),
  /** Absent of an offline grant, which outlives its session. */
  expiresWithSession: z.literal(true).optional(),
  gty: z.string(),
  rotations: z.int(),
  scope: z.string(),
  resource: z.string(),
  acr: z.string().optional(),
  amr: z.array(z.string()).optional(),
  authTime: z.int().optional(),
  /** The digest of the one before. */
  predecessor: z.string().optional(),
})

export type RefreshRecord = z.infer<typeof Plain>

/** `undefined`: it was used, or is the provider's to look at. */
export const plainRecord = (found: Artifact | undefined): RefreshRecord | undefined =>
  found?.consumedAt === null ? Plain.safeParse(found.payload).data : undefined

const gty = 'refresh_token'

/** What is kept of the next one of the line, as the provider and consumable-adapter.ts write it. */
export const successorOf = (
  record: RefreshRecord,
  { token, ...now }: { readonly token: string } & Pick<RefreshRecord, 'iat' | 'exp' | 'sourceId'>,
): RefreshRecord => ({
  ...record,
  ...now,
  ...{ rotations: record.rotations + 1, predecessor: digest(token) },
  gty: record.gty.endsWith(gty) ? record.gty : `${record.gty} ${gty}`,
})
