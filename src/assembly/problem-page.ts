import type { Context } from 'koa'
import { problemView } from '#views/problem.ts'
import { reasonWords } from '#views/words/reasons.ts'
import { type Language, wordsIn } from '#views/words.ts'
import type { PageProblem } from '../http/errors.ts'
import { languageOf } from '../http/language.ts'
import { type ReasonCode, reasons } from '../reasons.ts'

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
    const { lang = 'en', ...said } = inWords(problem, languageOf(ctx), inConsole)
    const { ways } = wordsIn(lang)
    const again = { label: ways.again, href: ctx.method === 'GET' ? ctx.url : `${base}/logout` }
    const start = inConsole ? { label: ways.console, href: `${base}/admin/` } : { label: ways.start, href: `${base}/` }
    return problemView({ assets, lang, ...said, ways: [mayHelp ? again : start] })
  }

/** What nobody has translated stays as it is, and the page with it. */
function inWords({ code, ...problem }: PageProblem, lang: Language, inConsole: boolean): PageProblem {
  if (problem.lang !== undefined || code === undefined) return problem
  if (isOurs(code)) {
    const advice: Partial<Record<ReasonCode, string>> = wordsIn(lang).advice
    const { fix, ...words } = reasonWords(code, problem, lang)
    // The catalogue speaks to administrators.
    return { ...problem, ...words, fix: (inConsole ? undefined : advice[code]) ?? fix, lang }
  }
  const words = lang === 'en' ? problem : failureWords(code, lang)
  return words ? { ...problem, ...words, lang } : problem
}

const isOurs = (code: string): code is ReasonCode => Object.hasOwn(reasons, code)

/** Of what has no reason of ours (http/errors.ts). */
function failureWords(code: string, lang: Language) {
  const { failures } = wordsIn(lang)
  return { server_error: failures.broken, invalid_request: failures.malformed }[code]
}
