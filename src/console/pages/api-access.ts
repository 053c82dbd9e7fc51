/** "Check access as": would this person, through this client, or whoever has this token pass at the API, and why not. */
import { accessView, type Tried } from '#views/console/api-access.ts'
import type { Field, Values } from '#views/console/form.ts'
import type { ConsoleLanguage } from '#views/words/console.ts'
import { problemWords } from '#views/words/problems.ts'
import type { User } from '../../accounts/user.ts'
import type { Users } from '../../accounts/users.ts'
import type { Trial, TryAccess } from '../../apis/access-trial.ts'
import type { Api } from '../../apis/api.ts'
import type { Apis } from '../../apis/apis.ts'
import type { Client } from '../../clients/client.ts'
import type { Clients } from '../../clients/clients.ts'
import { Refusal } from '../../errors.ts'
import type { ReasonCode } from '../../reasons.ts'
import type { Sources } from '../../sources/sources.ts'
import { explained } from '../explained.ts'
import { valuesSent } from '../forms.ts'
import type { Content, Mount, Visit } from '../page.ts'
import { apiCrumbs } from './apis.ts'

interface Needs {
  readonly tryAccess: TryAccess
  readonly apis: Pick<Apis, 'get'>
  readonly users: Pick<Users, 'get' | 'list'>
  readonly clients: Pick<Clients, 'get' | 'list'>
  readonly sources: Pick<Sources, 'get'>
}

/** Of those that have the name that was typed. */
const offered = 8
const usualScopes = 'openid profile email groups'

/** What the two forms ask and say. */
interface Shown {
  readonly values: Values
  readonly wrong?: Readonly<Record<string, string>>
  readonly choices?: Parameters<typeof accessView>[0]['choices']
  readonly sources?: Field['options']
  readonly tried?: Tried
}

export const apiAccessPages =
  ({ tryAccess, apis, users, clients, sources }: Needs) =>
  (mount: Mount): void => {
    function content(visit: Visit, api: Api, shown: Shown): Content {
      const { words, lang, csrf, at } = visit
      const { access } = words.apis
      const text = (name: 'user' | 'client' | 'scopes' | 'acr', more: Partial<Field> = {}): Field => ({
        ...{ name, kind: 'text', required: false, ...access[name], ...more },
      })
      const secret = (name: 'token' | 'key', more: Partial<Field>): Field => ({
        ...{ name, kind: 'long', required: false, ...access[name], ...more },
      })
      const parties: readonly Field[] = [
        text('user'),
        ...(shown.sources
          ? [
              {
                name: 'source',
                kind: 'choice',
                required: true,
                label: access.source.label,
                options: shown.sources,
              } as const,
            ]
          : []),
        text('client', { required: true, suggestions: api.clients.map((id) => ({ value: id, text: id })) }),
        text('scopes'),
        ...(api.rules.required_acr.length > 0
          ? [text('acr', { suggestions: api.rules.required_acr.map((value) => ({ value, text: value })) })]
          : []),
      ]
      return {
        title: access.title(api.name),
        lead: access.lead,
        crumbs: apiCrumbs(visit, api),
        body: accessView({
          ...{ lang, csrf, action: at(`/apis/${api.id}/access`), api: api.name, parties },
          token: [secret('token', { required: true }), secret('key', { kind: 'text' })],
          ...{ values: shown.values, wrong: shown.wrong ?? {}, choices: shown.choices ?? [], tried: shown.tried },
        }),
      }
    }

    async function orAbsent<T>(work: Promise<T>): Promise<T | undefined> {
      try {
        return await work
      } catch (error) {
        if (error instanceof Refusal && error.code === 'not_found') return undefined
        throw error
      }
    }

    /** By id, or those who are called so. */
    async function usersCalled(text: string): Promise<readonly User[]> {
      const known = await orAbsent(users.get(text))
      return known ? [known] : (await users.list({ limit: offered, search: text })).items
    }

    async function clientsCalled(text: string): Promise<readonly Client[]> {
      const known = await orAbsent(clients.get(text))
      return known ? [known] : (await clients.list({ limit: offered, search: text })).items
    }

    async function asked(visit: Visit, api: Api): Promise<Shown> {
      const { query, words, at } = visit
      const { access } = words.apis
      const given = (name: string) => (query.get(name) ?? '').trim().slice(0, 300)
      const values = {
        ...{ user: given('user'), client: given('client'), source: given('source'), acr: given('acr') },
        scopes:
          query.get('scopes') ?? [...new Set([...usualScopes.split(' '), ...api.rules.required_scopes])].join(' '),
      }
      if (values.client === '' && values.user === '') return { values }
      if (values.client === '') return { values, wrong: { client: words.kit.needed } }
      const [people, candidates] = await Promise.all([
        values.user === '' ? [] : usersCalled(values.user),
        clientsCalled(values.client),
      ])
      const wrong = {
        ...(values.user !== '' && people.length === 0 && { user: access.noUser(values.user) }),
        ...(candidates.length === 0 && { client: access.noClient(values.client) }),
      }
      const again = (changed: Record<string, string>) => at(`/apis/${api.id}/access`, { ...values, ...changed })
      const choices = [
        ...(people.length > 1
          ? [
              {
                title: access.whichUser,
                options: people.map(({ account }) => ({
                  ...{ href: again({ user: account.id }), name: account.displayName || account.id, detail: account.id },
                })),
              },
            ]
          : []),
        ...(candidates.length > 1
          ? [
              {
                title: access.whichClient,
                options: candidates.map(({ id, metadata }) => ({
                  ...{ href: again({ client: id }), name: metadata.client_name ?? id, detail: id },
                })),
              },
            ]
          : []),
      ]
      const [person] = people
      const [client] = candidates
      if (Object.keys(wrong).length > 0 || choices.length > 0 || !client) return { values, wrong, choices }
      return attempt(visit, api, { values, person, client })
    }

    async function attempt(
      { words, lang }: Visit,
      api: Api,
      { values, person, client }: { values: Values; person: User | undefined; client: Client },
    ): Promise<Shown> {
      const { access } = words.apis
      const identities = person?.identities.toSorted((one, other) => (other.lastLoginAt ?? 0) - (one.lastLoginAt ?? 0))
      const identity = identities?.find(({ sourceId }) => sourceId === values.source) ?? identities?.[0]
      if (person && !identity) return { values, wrong: { user: access.noIdentity } }
      const trial = await tryAccess.parties(api.id, {
        clientId: client.id,
        ...(person && identity && { person: { accountId: person.account.id, sourceId: identity.sourceId } }),
        scopes: (values.scopes ?? '').split(/\s+/).filter(Boolean),
        ...(values.acr && { acr: values.acr }),
      })
      const ways = await Promise.all((identities ?? []).map(({ sourceId }) => orAbsent(sources.get(sourceId))))
      const options = ways.flatMap((source) => (source ? [{ value: source.id, text: source.name }] : []))
      const name = client.metadata.client_name ?? client.id
      const who = person ? access.through(person.account.displayName || person.account.id, name) : name
      return {
        values: { ...values, source: identity?.sourceId ?? '' },
        ...(options.length > 1 && { sources: options }),
        tried: triedOf(trial, api, who, lang),
      }
    }

    mount.form(
      { path: '/apis/:id/access', area: 'apis', right: 'view' },
      {
        async show(visit) {
          const api = await apis.get(visit.param('id'))
          return content(visit, api, await asked(visit, api))
        },

        async submit(visit, form) {
          const api = await apis.get(visit.param('id'))
          const { access } = visit.words.apis
          // Whatever of a header somebody has copied along.
          const token = (form.get('token') ?? '').trim().replace(/^(authorization:\s*)?bearer\s+/i, '')
          const apiKey = (form.get('key') ?? '').trim().replace(/^x-api-key:\s*/i, '')
          const { values } = await asked(visit, api)
          const sent = valuesSent(form)
          if (token === '')
            return {
              content: content(visit, api, {
                values: { ...values, ...sent },
                wrong: { token: visit.words.kit.needed },
              }),
            }
          const trial = await tryAccess.token(api.id, { token, ...(apiKey !== '' && { apiKey }) })
          return {
            content: content(visit, api, {
              values: { ...values, ...sent },
              tried: triedOf(trial, api, access.somebody, visit.lang),
            }),
          }
        },
      },
    )
  }

function triedOf(
  { passes, status, reason, steps, caller }: Trial,
  { rules }: Api,
  who: string,
  lang: ConsoleLanguage,
): Tried {
  const told = (code: ReasonCode | undefined) => (code === undefined ? undefined : explained(code, lang))
  return {
    ...{ who, passes, status, reason: told(reason) },
    isReported: rules.enforcement === 'report',
    isLimited: rules.rate_limit !== null,
    steps: steps.map((step) => ({
      ...{
        about: step.about,
        which: step.which,
        outcome: step.outcome,
        detail: step.detail && problemWords(step.detail, lang),
      },
      reason: told(step.reason),
    })),
    caller: caller && {
      ...{ user: caller.user, subject: caller.subject, client: caller.client, source: caller.source },
      ...{ groups: caller.groups, roles: caller.roles, scopes: caller.scopes },
    },
  }
}
