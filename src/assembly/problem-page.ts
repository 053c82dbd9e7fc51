import type { Context } from 'koa'
import { problemView } from '#views/problem.ts'
import type { PageProblem } from '../http/errors.ts'

interface Needs {
  readonly assets: string
  /** The issuer's path, without a slash at the end. */
  readonly base: string
}

/** The page for whatever goes wrong outside a feature's own pages; with a way on that leads somewhere. */
export const createProblemPage =
  ({ assets, base }: Needs) =>
  (ctx: Context, problem: PageProblem) => {
    const inConsole = ctx.path.startsWith(`${base}/admin`)
    const mayHelp = problem.status >= 500 && (ctx.method === 'GET' || ctx.path.endsWith('/logout/confirm'))
    const again = { label: 'Try again', href: ctx.method === 'GET' ? ctx.url : `${base}/logout` }
    const start = inConsole
      ? { label: 'To the console', href: `${base}/admin/` }
      : { label: 'To the start page', href: `${base}/` }
    return problemView({ assets, ...problem, ways: [mayHelp ? again : start] })
  }
