/** Test logins of a source: begun here, opened by whoever has the link, and read here. */
import { formView } from '#views/console/form.ts'
import { reportView, startedView } from '#views/console/test-login.ts'
import { isPresented } from '../../connector.ts'
import { Refusal } from '../../errors.ts'
import type { Source } from '../../sources/source.ts'
import type { Sources } from '../../sources/sources.ts'
import type { TestLogins } from '../../sources/test-logins.ts'
import type { BeginTest } from '../begin-test.ts'
import { explained } from '../explained.ts'
import { shownValues } from '../forms.ts'
import type { Mount, Visit } from '../page.ts'
import { sourceCrumbs } from './source.ts'

interface Needs {
  readonly sources: Sources
  readonly tests: TestLogins
  readonly beginTest: BeginTest
}

export const sourceTestPages =
  ({ sources, tests, beginTest }: Needs) =>
  (mount: Mount): void => {
    async function sourceOf(visit: Visit): Promise<Source> {
      const source = await sources.get(visit.param('id'))
      if (isPresented(source)) throw new Refusal('source_not_allowed')
      return source
    }

    mount.form(
      { path: '/sources/:id/test-login', area: 'sources', right: 'administer' },
      {
        async show(visit, entered) {
          const source = await sourceOf(visit)
          const { lang, csrf, words, at } = visit
          const fields = [await beginTest.field(visit)]
          return {
            title: words.sources.testLoginStarted(source.name),
            lead: words.sources.testLead,
            crumbs: sourceCrumbs(visit, source),
            body: formView({
              ...{ action: at(`/sources/${source.id}/test-login`), csrf, lang },
              ...shownValues(fields, {}, entered),
              groups: [{ fields }],
              submit: words.sources.testLogin,
              cancel: at(`/sources/${source.id}`),
            }),
          }
        },

        async submit(visit, form) {
          const source = await sourceOf(visit)
          const started = await beginTest.begin(visit, source, true, form)
          return {
            content: {
              title: visit.words.sources.testLoginStarted(source.name),
              crumbs: sourceCrumbs(visit, source),
              body: startedView(started),
            },
          }
        },
      },
    )

    mount.page({ path: '/sources/:id/test-logins/:test', area: 'sources', right: 'administer' }, async (visit) => {
      const { source, stored, state, reason, steps, result, clientId } = await tests.get(visit.param('test'))
      const { lang, now, words, at } = visit
      const isKept = stored && visit.param('id') === source.id
      return {
        title: words.sources.testLoginStarted(source.name),
        ...(!isKept && { lead: words.sources.testDraft }),
        crumbs: sourceCrumbs(visit, isKept ? source : undefined),
        body: reportView({
          ...{ lang, now, state, steps, clientId },
          result: result ?? undefined,
          reason: reason === null ? undefined : explained(reason, lang),
          again: at(`/sources/${visit.param('id')}/test-logins/${visit.param('test')}`),
        }),
      }
    })
  }
