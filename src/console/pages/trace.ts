/** One trace, and forgetting those of one person. */
import { confirmView } from '#views/console/confirm.ts'
import { traceView } from '#views/console/trace.ts'
import { traceText } from '#views/console/trace-text.ts'
import type { ConsoleLanguage } from '#views/words/console.ts'
import type { AccountStore } from '../../accounts/account.ts'
import { found } from '../../collection.ts'
import { typedReference } from '../../ids.ts'
import { redactText } from '../../redaction.ts'
import type { EraseTraces } from '../../traces/erasure.ts'
import type { Trace, TraceStore } from '../../traces/trace.ts'
import { explained } from '../explained.ts'
import type { Mount, Visit } from '../page.ts'
import type { NameParties } from '../parties.ts'

interface Needs {
  readonly traces: Pick<TraceStore, 'get' | 'list'>
  readonly accounts: Pick<AccountStore, 'get'>
  readonly nameParties: NameParties
  readonly erase: EraseTraces
}

const counted = 200

export const traceOnePages =
  ({ traces, accounts, nameParties, erase }: Needs) =>
  (mount: Mount): void => {
    const crumbs = ({ words, at }: Visit) => [{ text: words.frame.areas.traces, href: at('/traces') }]

    mount.form(
      { path: '/traces/of/:account/erase', area: 'traces', right: 'administer' },
      {
        async show(visit, { problems, message }) {
          const accountId = visit.param('account')
          const { traces: words } = visit.words
          const [account, { items, next }] = await Promise.all([
            accounts.get(accountId),
            traces.list({ accountId, limit: counted }),
          ])
          return {
            title: words.eraseTitle(account?.displayName || accountId),
            crumbs: crumbs(visit),
            body: confirmView({
              ...{ csrf: visit.csrf, lang: visit.lang, problems, message },
              action: visit.at(`/traces/of/${encodeURIComponent(accountId)}/erase`),
              what: words.eraseWhat,
              affectedTitle: words.title,
              affected: [words.eraseAffected(items.length, next !== null)],
              submit: words.erase,
              cancel: visit.at('/traces', { user: accountId }),
            }),
          }
        },

        async submit(visit) {
          const count = await erase(visit.actor, visit.param('account'))
          return { to: visit.at('/traces'), say: visit.words.traces.erased(count) }
        },
      },
    )

    mount.page({ path: '/traces/:reference', area: 'traces', right: 'view' }, async (visit) => {
      const { words, lang, now, at, may } = visit
      // People read references aloud; those who write them down forget the capitals.
      const reference = typedReference(visit.param('reference'))
      const trace = found(await traces.get(reference), words.traces.gone(reference))
      const parties = (await nameParties([trace], visit))(trace)
      const { outcome, startedAt, endedAt, accountId } = trace
      const reason = trace.reason === null ? undefined : explained(trace.reason, lang)
      const shown = {
        lang,
        now,
        reference,
        outcome,
        reason,
        startedAt,
        endedAt,
        ...parties,
        steps: stepsOf(trace, lang),
      }
      return {
        title: words.traces.one(reference),
        crumbs: crumbs(visit),
        body: traceView({
          ...shown,
          related: relatedTo(trace, visit),
          text: traceText(shown),
          erase:
            accountId !== null && may('administer')
              ? at(`/traces/of/${encodeURIComponent(accountId)}/erase`)
              : undefined,
        }),
      }
    })
  }

const stepsOf = ({ startedAt, steps }: Trace, lang: ConsoleLanguage) =>
  steps.map(({ at, what, detail = {} }) => {
    const { reason, ...others } = detail
    return {
      ...{ offset: Math.max(0, at - startedAt), what },
      detail: scrubbed(typeof reason === 'string' ? { ...others, reason } : others) as Readonly<
        Record<string, unknown>
      >,
      reasonTitle: typeof reason === 'string' ? explained(reason, lang).title : undefined,
    }
  })

/** Whoever wrote a step kept secrets out of it; what others said in an error may still look like one. */
function scrubbed(value: unknown): unknown {
  if (typeof value === 'string') return redactText(value)
  if (Array.isArray(value)) return value.map(scrubbed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, scrubbed(member)]))
}

function relatedTo({ accountId, clientId, sourceId, apiId }: Trace, { words: { traces: words }, at }: Visit) {
  const link = (text: string, name: string, id: string | null) =>
    id === null ? [] : [{ text, href: at('/traces', { [name]: id }) }]
  return [
    ...link(words.ofPerson, 'user', accountId),
    ...link(words.ofClient, 'client', clientId),
    ...link(words.ofSource, 'source', sourceId),
    ...link(words.ofApi, 'api', apiId),
  ]
}
