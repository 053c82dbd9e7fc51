import type { Passkeys } from '../accounts/second-factors/passkeys.ts'
import type { FactorKeeper } from '../accounts/second-factors/second-factors.ts'
import type { Pages } from './pages.ts'
import { secondStepPurpose } from './passkey-purposes.ts'
import type { AskSecond } from './steps.ts'

interface Needs {
  readonly factors: Pick<FactorKeeper, 'of'>
  readonly passkeys: Pick<Passkeys, 'ask'>
  readonly pages: Pages
}

/** Answers with the page that asks for a second factor, out of those that somebody has. */
export const createAskSecond =
  ({ factors, passkeys, pages }: Needs): AskSecond =>
  async (ctx, here, { id, username }, problem) => {
    const { authenticator, passkeys: own, recoveryCodes } = await factors.of(id)
    const passkey = own.length > 0 ? await passkeys.ask(secondStepPurpose(here.interaction.uid, id), own) : undefined
    ctx.type = 'html'
    ctx.set('Cache-Control', 'no-store')
    ctx.body = pages.secondStep(here, {
      username,
      has: { hasApp: authenticator !== undefined, hasRecoveryCodes: recoveryCodes > 0 },
      ...(passkey && { passkey }),
      problem,
    })
  }
