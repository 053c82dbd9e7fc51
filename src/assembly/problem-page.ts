import type { Context } from 'koa'
import { problemView } from '#views/problem.ts'
import type { PageProblem } from '../http/errors.ts'

/** The page that tells of a problem, with a way on: again, where that may help, or to the start. */
export const createProblemPage =
  ({ assets, base }: { readonly assets: string; readonly base: string }) =>
  (ctx: Context, problem: PageProblem) =>
    problemView({
      assets,
      ...problem,
      ways:
        problem.status >= 500 && (ctx.method === 'GET' || ctx.path.endsWith('/logout/confirm'))
          ? [{ label: 'Try again', href: ctx.method === 'GET' ? ctx.url : `${base}/logout` }]
          : [{ label: 'To the start page', href: `${base}/` }],
    })
