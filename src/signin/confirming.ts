/** Showing again that one is still the person who signed in, before something about signing in changes. */
import type { Context } from 'koa'
import { z } from 'zod'
import { confirmView } from '#views/signin/security.ts'
import { factorWords } from '#views/words/factors.ts'
import type { LocalUser } from '../accounts/local-user.ts'
import { isWanted } from '../accounts/second-factors/factor.ts'
import type { Passkeys } from '../accounts/second-factors/passkeys.ts'
import type { FactorKeeper, FactorOwner } from '../accounts/second-factors/second-factors.ts'
import type { Throttle } from '../accounts/throttle.ts'
import type { Clock } from '../clock.ts'
import { Refusal } from '../errors.ts'
import type { Csrf } from '../http/csrf.ts'
import { languageOf } from '../http/language.ts'
import type { BrokerSession } from '../sessions/session.ts'
import type { Source } from '../sources/source.ts'
import type { Sources } from '../sources/sources.ts'
import type { Vault } from '../vault.ts'
import type { BrowserNotes } from './browser-notes.ts'
import { confirmPurpose } from './passkey-purposes.ts'
import { answerIn } from './second-step.ts'

/** A local user in a session of theirs. */
export interface Person {
  readonly session: BrokerSession
  readonly source: Source
  readonly user: LocalUser
  readonly owner: FactorOwner
}

interface Needs {
  readonly connector: Sources['connector']
  readonly factors: Pick<FactorKeeper, 'of' | 'useCode'>
  readonly passkeys: Passkeys
  readonly throttle: Throttle
  readonly vault: Vault
  readonly notes: BrowserNotes
  readonly csrf: Csrf
  readonly clock: Clock
  readonly assets: string
  readonly base: string
}

interface Around {
  readonly action: string
  readonly back: string
  readonly problem?: Refusal['code']
}

/** Milliseconds for which a sign-in, or another proof, is of late. */
const lately = 10 * 60_000
const Kept = z.strictObject({ userId: z.string(), until: z.number() })

export function createConfirming(needs: Needs) {
  const { connector, factors, passkeys, throttle, vault, csrf, clock, assets, base } = needs
  const note = needs.notes('gatehouse_confirmed')
  const contextOf = (session: BrokerSession) => `confirmed/${session.id}`

  function wasConfirmed(ctx: Context, session: BrokerSession, user: LocalUser): boolean {
    try {
      const kept = Kept.parse(JSON.parse(vault.open(note.read(ctx) ?? '', contextOf(session))))
      return kept.userId === user.id && kept.until > clock()
    } catch {
      return false // In another session, or not sealed by us.
    }
  }

  /** A password, and a code where there is more than the password; counted together with those of the sign-in. */
  async function byPassword(
    { source, user }: Person,
    form: URLSearchParams,
    attempt: Parameters<Throttle['check']>[0],
  ) {
    const open = connector(source)
    if (open.kind !== 'password') throw new Refusal('bad_credentials')
    const identity = await open.verify({ username: user.username, password: form.get('password') ?? '' })
    const right =
      identity?.subject === user.id &&
      (!isWanted(await factors.of(user.id)) || (await factors.useCode(user.id, form.get('code') ?? '')) !== undefined)
    if (right) return
    await throttle.failed(attempt)
    throw new Refusal('bad_credentials')
  }

  /** The password of now alone, counted with those of the sign-in. Rejects with the reason why it is not believed. */
  async function provePassword(ctx: Context, { source, user }: Person, password: string): Promise<void> {
    const attempt = { username: user.username, sourceId: source.id, address: ctx.ip }
    const room = await throttle.check(attempt)
    const open = connector(source)
    const identity = open.kind === 'password' ? await open.verify({ username: user.username, password }) : undefined
    if (identity?.subject !== user.id) {
      await throttle.failed(attempt)
      throw new Refusal('bad_credentials')
    }
    await throttle.succeeded(attempt, room)
  }

  return {
    provePassword,

    isFresh: (ctx: Context, { session, user }: Pick<Person, 'session' | 'user'>): boolean =>
      clock() - session.startedAt < lately || wasConfirmed(ctx, session, user),

    async page(ctx: Context, { session, user }: Person, { action, back, problem }: Around) {
      const own = await factors.of(user.id)
      const passkey = own.passkeys.length > 0 && (await passkeys.ask(confirmPurpose(session.id), own.passkeys))
      const lang = languageOf(ctx)
      const { confirm, step } = factorWords(lang)
      return confirmView({
        ...{ assets, lang, action, back, asksCode: isWanted(own), csrf: csrf.token(session.id) },
        ...(passkey && { passkey: { ...passkey, action } }),
        ...(problem && {
          problem:
            problem === 'too_many_attempts' || problem === 'passkey_refused' ? step.problems[problem] : confirm.wrong,
        }),
      })
    },

    /** Rejects with the reason why it is not believed. */
    async confirm(ctx: Context, who: Person, form: URLSearchParams): Promise<void> {
      const { session, source, user } = who
      const attempt = { username: user.username, sourceId: source.id, address: ctx.ip }
      const room = await throttle.check(attempt)
      const answer = answerIn(form)
      if (answer) await passkeys.receive(confirmPurpose(session.id), answer, user.id)
      else await byPassword(who, form, attempt)
      await throttle.succeeded(attempt, room)
      const kept = { userId: user.id, until: clock() + lately }
      note.write(ctx, vault.seal(JSON.stringify(kept), contextOf(session)), `${base}/security`)
    },
  }
}
