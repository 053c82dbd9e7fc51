/** Every *no* of ours, by a stable code. docs/reasons.md lists them all, and a test keeps it so. */
import { certificates } from './reasons/certificates.ts'
import { gateway } from './reasons/gateway.ts'
import { logouts } from './reasons/logouts.ts'
import { requests } from './reasons/requests.ts'
import { rules } from './reasons/rules.ts'
import { signingIn } from './reasons/signing-in.ts'
import { tokens } from './reasons/tokens.ts'

export const reasons = {
  ...signingIn,
  ...logouts,
  ...tokens,
  ...gateway,
  ...certificates,
  ...rules,
  ...requests,
} as const

export type ReasonCode = keyof typeof reasons
