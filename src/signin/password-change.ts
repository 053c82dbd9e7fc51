/** People with a password that is kept here give themselves another one. */
import type Router from '@koa/router'
import type { Context } from 'koa'
import { changedView, passwordView } from '#views/signin/password.ts'
import { problemWords } from '#views/words/problems.ts'
import type { Users } from '../accounts/users.ts'
import { Refusal } from '../errors.ts'
import type { Csrf } from '../http/csrf.ts'
import { languageOf } from '../http/language.ts'
import type { Person } from './confirming.ts'

interface Needs {
  /** Rejects for people whose password is kept elsewhere. */
  readonly person: (ctx: Context) => Promise<Person>
  /** What they sent, from a page of ours. */
  readonly form: (ctx: Context, who: Pick<Person, 'session'>) => Promise<URLSearchParams>
  readonly show: (ctx: Context, page: { toString(): string }, status?: number) => void
  readonly at: (ctx: Context, path?: string) => string
  /** Rejects with why the password of now is not believed. */
  readonly prove: (ctx: Context, who: Person, password: string) => Promise<void>
  readonly changePassword: Users['changePassword']
  readonly csrf: Csrf
  readonly assets: string
  readonly base: string
}

export function mountPasswordChange(router: Router, needs: Needs): void {
  const { person, form, show, at, prove, changePassword, csrf, assets, base } = needs

  function page(
    ctx: Context,
    { session, user }: Person,
    problem?: { readonly current?: string; readonly fresh?: string },
  ) {
    return passwordView({
      ...{ assets, lang: languageOf(ctx), username: user.username, csrf: csrf.token(session.id) },
      ...{ action: at(ctx, '/password'), back: at(ctx), ...(problem && { problem }) },
    })
  }

  router.get('/password', async (ctx) => show(ctx, page(ctx, await person(ctx))))

  router.post('/password', async (ctx) => {
    const who = await person(ctx)
    const posted = await form(ctx, who)
    try {
      await prove(ctx, who, posted.get('current') ?? '')
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      if (error.retryAfter !== undefined) ctx.set('Retry-After', String(error.retryAfter))
      return show(ctx, page(ctx, who, { current: error.code }), error.status)
    }
    const { accountId } = who.owner
    try {
      await changePassword({ kind: 'account', id: accountId }, accountId, posted.get('password') ?? '')
    } catch (error) {
      if (!(error instanceof Refusal && error.code === 'invalid_input')) throw error
      const fresh = error.problems.map(({ message }) => problemWords(message, languageOf(ctx))).join(' ')
      return show(ctx, page(ctx, who, { fresh }), 422)
    }
    const start = ctx.query.for === 'console' ? `${base}/admin/` : `${base}/`
    show(ctx, changedView({ assets, lang: languageOf(ctx), start }))
  })
}
