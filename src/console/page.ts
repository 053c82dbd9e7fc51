/**
 * The one way to have a page of the console: who may see it, what stands round it, and what becomes of a form that is
 * sent. docs/console.md shows how a page is added.
 */
import type Router from '@koa/router'
import type { RouterContext } from '@koa/router'
import type { Context } from 'koa'
import { moreRows } from '#views/console/form-rows.ts'
import { type Area, type ConsoleFrame, consolePage } from '#views/console/frame.ts'
import { refusedView } from '#views/console/refused.ts'
import type { Html } from '#views/html.ts'
import { type ConsoleLanguage, type ConsoleWords, consoleWords } from '#views/words/console.ts'
import type { Actor } from '../audit/audit.ts'
import type { Clock } from '../clock.ts'
import { type Problem, Refusal } from '../errors.ts'
import { readForm } from '../http/bodies.ts'
import type { Csrf } from '../http/csrf.ts'
import { newSecret } from '../ids.ts'
import type { Right } from '../roles/rights.ts'
import type { ConsoleCookie } from './cookies.ts'
import { type Download, sendDownload } from './download.ts'
import { type Administrator, type Enter, requireRight } from './entrance.ts'
import { explained } from './explained.ts'
import type { KeptForms } from './kept-forms.ts'
import { languageOf } from './language.ts'
import { areas } from './menu.ts'
import { queryOf } from './query.ts'
import { messageOf, problemsOf, saidBy } from './refusals.ts'
import type { Said } from './said.ts'
import { type ActionPath, asksFirst } from './sensitive.ts'
import { isOwnPage, subjectOf, whatIsForged, withoutFields } from './sent-forms.ts'
import { csrfBinding, type SignIn } from './sign-in.ts'

/** Somebody who looks at a page, and what the page needs to know of it. */
export interface Visit {
  readonly ctx: RouterContext
  readonly administrator: Administrator
  /** For the operations of the nouns: it stands in the audit log. */
  readonly actor: Actor
  readonly lang: ConsoleLanguage
  readonly words: ConsoleWords
  /** Milliseconds. */
  readonly now: number
  /** The value of every form's hidden field. */
  readonly csrf: string
  readonly query: URLSearchParams
  may(right: Right): boolean
  /** Rejects with `not_an_administrator`: for what only turns out with the form. */
  require(right: Right): void
  /** A path of the console, such as `/sources`, as a browser asks for it. */
  at(path: string, query?: Readonly<Record<string, string | undefined>>): string
  /** Of the path. */
  param(name: string): string
}

/** What a page says; the console puts its frame round it. */
export interface Content {
  readonly title: ConsoleFrame['title']
  /** One sentence of purpose. */
  readonly lead?: ConsoleFrame['lead']
  /** The ways back, without the page itself. Paths as {@link Visit.at} makes them. */
  readonly crumbs?: ConsoleFrame['crumbs']
  /** At most one primary. */
  readonly actions?: Html
  readonly body: Html
}

/** What somebody sent, to be shown again with what is wrong with it. */
export interface Entered {
  /** `undefined`: the page is opened for the first time. */
  readonly form: URLSearchParams | undefined
  /** By the paths of the input's schema. */
  readonly problems: readonly Problem[]
  /** Above the form: what is wrong with it as a whole. */
  readonly message?: string
  /** Somebody else saved meanwhile: the fields tell what is there now beside what was entered. */
  readonly changed: boolean
}

/** On to another page, with a line at its top; or a page that is shown at once, such as a secret that is shown once. */
export type Sent = { readonly to: string; readonly say?: string } | { readonly content: Content }

interface Place {
  /** Below the console, as @koa/router writes it: `/sources/:id`. */
  readonly path: string
  readonly area: Area
  /** The least that it asks for. */
  readonly right: Right
}

interface FormPlace extends Place {
  /** Whether whoever sends it must have signed in lately is decided there for all of them. */
  readonly path: ActionPath
  /** What is not kept while somebody signs in again: fields, or all that is sent. */
  readonly fleeting?: readonly string[] | 'all'
  /** Fields that may come more than once. */
  readonly lists?: readonly string[]
}

interface FormPage {
  show(visit: Visit, entered: Entered): Promise<Content>
  /** A refusal about the form is shown on its page: `invalid_input`, `conflict`, `in_use`, `changed_meanwhile`. */
  submit(visit: Visit, form: URLSearchParams): Promise<Sent>
}

export interface Mount {
  page(place: Place, show: (visit: Visit) => Promise<Content>): void
  /** GET that is saved instead of shown. */
  file(place: Place, read: (visit: Visit) => Promise<Download>): void
  /** GET shows it, POST sends it. */
  form(place: FormPlace, page: FormPage): void
  /** POST alone: a button on another page. What is refused is told on a page of its own. */
  action(place: FormPlace, submit: (visit: Visit, form: URLSearchParams) => Promise<Sent>): void
}

interface Needs {
  readonly router: Router
  readonly enter: Enter
  readonly signIn: SignIn
  readonly cookie: ConsoleCookie
  readonly browser: ConsoleCookie
  readonly kept: KeptForms
  readonly said: Said
  readonly csrf: Csrf
  readonly clock: Clock
  /** The console's own path, without a slash at the end. */
  readonly here: string
  readonly assets: string
  /** Seconds. */
  readonly reauthenticateAfter: number
}

const shownOnForm: ReadonlySet<string> = new Set(['invalid_input', 'conflict', 'in_use', 'changed_meanwhile'])
const untouched: Entered = { form: undefined, problems: [], changed: false }

export function createMount(needs: Needs): Mount {
  const { router, enter, signIn, cookie, browser, kept, said, csrf, clock, here, assets } = needs

  function visitOf(ctx: RouterContext, administrator: Administrator): Visit {
    const lang = languageOf(ctx)
    return {
      ...{ ctx, administrator, lang, words: consoleWords(lang), now: clock() },
      actor: requireRight(administrator, 'view'),
      csrf: csrf.token(csrfBinding(administrator.secret)),
      query: new URLSearchParams(ctx.querystring),
      may: administrator.may,
      require: (more) => void requireRight(administrator, more),
      at: (path, query = {}) => here + path + queryOf(query),
      param: (name) => ctx.params[name] ?? '',
    }
  }

  const isOld = ({ loginAge }: Administrator) => loginAge > needs.reauthenticateAfter

  function send(visit: Visit, area: Area, content: Content, status = 200): void {
    const { ctx, lang, administrator, at } = visit
    const { claims } = administrator.token
    const name = [claims.name, claims.preferred_username].find((value) => typeof value === 'string')
    ctx.status = status
    ctx.type = 'html'
    ctx.set('Cache-Control', 'no-store')
    const { body, ...head } = content
    const frame = {
      ...{ assets, lang, here, area, csrf: visit.csrf, said: said.take(ctx), isUnsent: visit.query.has('unsent') },
      who: typeof name === 'string' ? name : administrator.accountId,
      areas: areas.map((one) => ({ area: one.area, href: at(one.path) })),
      crumbs: [],
      ...head,
    }
    ctx.body = consolePage(frame, body).toString()
  }

  /** What is refused is told inside the console; an outage, or a mistake of ours, by the page that everybody gets. */
  function refused(visit: Visit, area: Area, error: unknown): void {
    if (!(error instanceof Refusal) || error.status >= 500) throw error
    const { title, ...why } = explained(error.code, visit.lang)
    const body = refusedView({ lang: visit.lang, ...why, detail: saidBy(error, visit.lang), back: visit.at('/') })
    send(visit, area, { title, body }, error.status)
  }

  async function admitted(ctx: Context, otherwise: () => Promise<void>): Promise<Administrator | undefined> {
    const entrance = await enter(ctx)
    if (entrance.kind === 'in') return entrance.administrator
    if (entrance.kind === 'out') await otherwise()
    else {
      ctx.status = 303
      ctx.redirect(`${here}/${entrance.reason === 'second_factor_missing' ? 'security?for=console' : 'no-entry'}`)
    }
    return undefined
  }

  function browserOf(ctx: Context): string {
    const known = browser.read(ctx) ?? newSecret()
    browser.write(ctx, known)
    return known
  }

  /** Leaves for the sign-in with the form in good keeping. */
  async function signInWith(ctx: Context, form: URLSearchParams, wish?: 'again'): Promise<void> {
    const name = await kept.keep({ path: ctx.path, browser: browserOf(ctx), form })
    await signIn(ctx, `${ctx.path}?kept=${name}`, wish)
  }

  async function taken(visit: Visit): Promise<Entered> {
    const name = visit.query.get('kept')
    const own = browser.read(visit.ctx)
    if (name === null || own === undefined) return untouched
    const form = await kept.take(name, { path: visit.ctx.path, browser: own })
    return form ? { ...untouched, form, message: visit.words.kit.sendAgain } : untouched
  }

  function go(visit: Visit, area: Area, sent: Sent): void {
    if ('content' in sent) {
      send(visit, area, sent.content)
      return
    }
    if (sent.say !== undefined) said.leave(visit.ctx, sent.say)
    visit.ctx.status = 303
    visit.ctx.redirect(sent.to)
  }

  function mountPost(
    { path, area, right, fleeting = [], lists }: FormPlace,
    page: Pick<FormPage, 'submit'> & Partial<FormPage>,
  ): void {
    router.post(path, async (ctx) => {
      const form = await readForm(ctx, { limit: 256 * 1024, ...(lists && { lists }) })
      const secret = cookie.read(ctx)
      // A button has no page of its own: back to what it is about.
      const unsent = `${page.show ? ctx.path : subjectOf(ctx.path, here)}?unsent=1`
      // Nothing is kept for strangers, so it is told.
      if (secret === undefined) return signIn(ctx, unsent)
      // Before anything else: a foreign page must not even have somebody sign in for it.
      const forged = whatIsForged(() => csrf.check(ctx, form, csrfBinding(secret)))
      if (forged && !(page.show && fleeting !== 'all' && isOwnPage(ctx))) throw forged
      const signInFirst = (wish?: 'again') =>
        fleeting === 'all' || !page.show || forged
          ? signIn(ctx, unsent, wish)
          : signInWith(ctx, withoutFields(form, fleeting), wish)
      const administrator = await admitted(ctx, signInFirst)
      if (!administrator) return
      const visit = visitOf(ctx, administrator)
      try {
        visit.require(right)
        // Of a page that was opened before they signed in anew: shown again, and sent by nobody but them.
        if (page.show && forged && fleeting !== 'all') {
          const entered = { ...untouched, form: withoutFields(form, fleeting), message: visit.words.kit.sendAgain }
          return send(visit, area, await page.show(visit, entered), forged.status)
        }
        if (page.show && form.get('intent')?.startsWith(moreRows))
          return send(visit, area, await page.show(visit, { ...untouched, form }))
        if (isOld(administrator) && asksFirst(path, form)) return await signInFirst('again')
        go(visit, area, await page.submit(visit, form))
      } catch (error) {
        if (!page.show || !(error instanceof Refusal) || !shownOnForm.has(error.code))
          return refused(visit, area, error)
        const entered = {
          form,
          problems: problemsOf(error, visit.lang),
          message: messageOf(error, visit.lang),
          changed: error.code === 'changed_meanwhile',
        }
        send(visit, area, await page.show(visit, entered), error.status === 400 ? 422 : error.status)
      }
    })
  }

  function mountGet(place: Place, show: (visit: Visit) => Promise<Content>): void {
    answerGet(place, async (visit) => send(visit, place.area, await show(visit)))
  }

  function answerGet({ path, area, right }: Place, answer: (visit: Visit) => Promise<void>): void {
    router.get(path, async (ctx) => {
      const administrator = await admitted(ctx, () => signIn(ctx, ctx.originalUrl))
      if (!administrator) return
      const visit = visitOf(ctx, administrator)
      try {
        visit.require(right)
        await answer(visit)
      } catch (error) {
        refused(visit, area, error)
      }
    })
  }
  return {
    page: mountGet,
    file: (place, read) => answerGet(place, async (visit) => sendDownload(visit.ctx, await read(visit))),
    form(place, page) {
      mountGet(place, async (visit) => page.show(visit, await taken(visit)))
      mountPost(place, page)
    },
    action(place, submit) {
      mountPost(place, { submit })
    },
  }
}
