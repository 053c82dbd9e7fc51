/**
 * A code or a refresh token that may have been used up, or not: the store was asked to, and did not say. Whoever asked
 * again in the same request could take it for the second use, which ends everything that the first one gave.
 */
import type { IncomingMessage } from 'node:http'
import { Unavailable } from '../errors.ts'

export class Unsettled extends Unavailable {}

/** Of a change of what can be used once: an outage leaves open whether it was made. */
export async function orUnsettled<T>(change: Promise<T>): Promise<T> {
  try {
    return await change
  } catch (error) {
    throw error instanceof Unavailable ? new Unsettled(error.who, error.message, { cause: error }) : error
  }
}

const unsettled = new WeakMap<IncomingMessage, Unsettled>()

/** For the long way, which tells of it as of any outage. */
export function passOnUnsettled(req: IncomingMessage, error: Unavailable): void {
  if (error instanceof Unsettled) unsettled.set(req, error)
}

export function refuseUnsettled(req: IncomingMessage | undefined): void {
  const error = req && unsettled.get(req)
  if (error) throw error
}
