/** Test logins of a source: begun here, opened by whoever has the link, and read here. */
import { reportView, startedView } from '#views/console/test-login.ts'
import { isPresented } from '../../connector.ts'
import { Refusal } from '../../errors.ts'
import { reasons } from '../../reasons.ts'
import type { Sources } from '../../sources/sources.ts'
import type { TestLogins } from '../../sources/test-logins.ts'
import type { Mount } from '../page.ts'
import { sourceCrumbs } from './source.ts'

interface Needs {
  readonly sources: Sources
  readonly tests: TestLogins
  readonly issuer: string
}

export const sourceTestPages =
  ({ sources, tests, issuer }: Needs) =>
  (mount: Mount): void => {
    // Whoever opens it shows to the administrator what is said about them: the same right as in the admin API.
    mount.action({ path: '/sources/:id/test-login', area: 'sources', right: 'administer' }, async (visit) => {
      const source = await sources.get(visit.param('id'))
      if (isPresented(source)) throw new Refusal('source_not_allowed')
      const { test, secret } = await tests.start(visit.actor, { source, stored: true, clientId: null })
      const { lang, now, words, at } = visit
      return {
        content: {
          title: words.sources.testLoginStarted(source.name),
          crumbs: sourceCrumbs(visit, source),
          body: startedView({
            ...{ lang, now, expiresAt: test.expiresAt },
            link: `${issuer}/test-login/${test.id}/${secret}`,
            report: at(`/sources/${source.id}/test-logins/${test.id}`),
          }),
        },
      }
    })

    mount.page({ path: '/sources/:id/test-logins/:test', area: 'sources', right: 'administer' }, async (visit) => {
      const { source, state, reason, steps, result } = await tests.get(visit.param('test'))
      const { lang, now, words, at } = visit
      return {
        title: words.sources.testLoginStarted(source.name),
        crumbs: sourceCrumbs(visit, source),
        body: reportView({
          ...{ lang, now, state, steps },
          result: result ?? undefined,
          reason: reason === null ? undefined : { code: reason, ...reasons[reason] },
          again: at(`/sources/${source.id}/test-logins/${visit.param('test')}`),
        }),
      }
    })
  }
