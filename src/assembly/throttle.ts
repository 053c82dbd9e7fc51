/** Against guessing passwords: one rule, wherever they are tried. */
import { createThrottle, type Throttle } from '../accounts/throttle.ts'
import type { Clock } from '../clock.ts'
import type { Config } from '../config/schema.ts'
import { networkOf } from '../http/network.ts'
import type { Stores } from '../stores/sql/open.ts'

interface Needs {
  readonly config: Pick<Config, 'sign_in'>
  readonly stores: Pick<Stores, 'attempts'>
  readonly clock: Clock
}

/** What it counts is in the stores: any number of these are one. */
export const assembleThrottle = ({ config, stores, clock }: Needs): Throttle =>
  createThrottle({
    attempts: stores.attempts,
    networkOf,
    clock,
    limits: {
      perUser: config.sign_in.max_attempts_per_user,
      perAddress: config.sign_in.max_attempts_per_address,
      window: config.sign_in.attempt_window,
    },
  })
