/** The token playground: what a client would get for a person, without anybody signing in. */
import { linkButton } from '#views/console/parts.ts'
import { type Gateway, playgroundView, type Tokens } from '#views/console/playground.ts'
import type { ConsoleLanguage } from '#views/words/console.ts'
import { problemWords } from '#views/words/problems.ts'
import type { AccountStore, LinkedIdentity } from '../../accounts/account.ts'
import type { Api } from '../../apis/api.ts'
import type { Client, ClientStore } from '../../clients/client.ts'
import type { ReasonCode } from '../../reasons.ts'
import type { SourceStore } from '../../sources/source.ts'
import type { AccessToken } from '../../tokens/access-token.ts'
import { openidScopes, registeredScopes } from '../../tokens/scopes.ts'
import type { createTokenPreview } from '../../tokens/token-preview.ts'
import { explained } from '../explained.ts'
import type { FindApi } from '../find-api.ts'
import type { Mount, Visit } from '../page.ts'
import type { FindPeople } from '../people.ts'

/** What the gateway of an API would be answered. */
export type AskGateway = (
  token: AccessToken,
  api: Api,
) => Promise<
  | { readonly passes: true; readonly headers: Readonly<Record<string, string>>; readonly needsKey: boolean }
  | { readonly passes: false; readonly reason: ReasonCode; readonly detail?: string | undefined }
>

interface Needs {
  readonly accounts: Pick<AccountStore, 'identities'>
  readonly clients: Pick<ClientStore, 'get'>
  readonly sources: Pick<SourceStore, 'byAlias'>
  readonly findPeople: FindPeople
  readonly findApi: FindApi
  readonly preview: ReturnType<typeof createTokenPreview>
  readonly askGateway: AskGateway
}

const longest = 255
const mostScopes = 50
const usual = ['openid', 'profile', 'email', 'groups', 'roles']

type Answer = Pick<Parameters<typeof playgroundView>[0], 'problem' | 'people' | 'refused' | 'tokens'>
const nothing: Answer = { problem: undefined, people: undefined, refused: undefined, tokens: undefined }

export const playgroundPages =
  ({ accounts, clients, sources, findPeople, findApi, preview, askGateway }: Needs) =>
  (mount: Mount): void => {
    async function comeThrough(accountId: string, alias: string): Promise<LinkedIdentity | undefined> {
      const identities = await accounts.identities(accountId)
      if (alias === '') return identities.toSorted((one, other) => (other.lastLoginAt ?? 0) - (one.lastLoginAt ?? 0))[0]
      const source = await sources.byAlias(alias)
      return identities.find(({ sourceId }) => sourceId === source?.id)
    }

    async function answerTo(
      { words: { playground: words }, lang, at, now }: Visit,
      asked: Asked,
      client: Client | undefined,
    ): Promise<Answer> {
      if (asked.client === '') return nothing
      if (!client) return { ...nothing, problem: words.noClient(asked.client) }
      const api = asked.api === '' ? undefined : await findApi(asked.api)
      if (asked.api !== '' && !api) return { ...nothing, problem: words.noApi(asked.api) }
      const fitting = asked.person === '' ? [] : await findPeople(asked.person)
      const [account, ...others] = fitting
      if (asked.person !== '' && !account) return { ...nothing, problem: words.noPerson(asked.person) }
      if (others.length > 0) {
        const link = (person: string) => at('/playground', { ...asked, scopes: undefined, person })
        const people = fitting.map(({ id, displayName }) => ({ name: displayName || id, href: link(id) }))
        return { ...nothing, people: { typed: asked.person, fitting: people } }
      }
      const identity = account && (await comeThrough(account.id, asked.source))
      if (account && !identity)
        return { ...nothing, problem: asked.source === '' ? words.noIdentity : words.noSource(asked.source) }
      const written = await preview({
        clientId: asked.client,
        person: account &&
          identity && {
            ...{ accountId: account.id, sourceId: identity.sourceId },
            authTime: Math.floor((identity.lastLoginAt ?? now) / 1000),
          },
        scopes: [...asked.scopes],
        api: api?.audience == null ? undefined : api,
      })
      if (!written.ok)
        return written.reason === 'not_entitled'
          ? { ...nothing, problem: words.notEntitled }
          : { ...nothing, refused: explained(written.reason, lang) }
      const gateway = api && gatewayAnswer(api, await askGateway(written.token, api), lang)
      return { ...nothing, tokens: { ...written, gateway } satisfies Tokens }
    }

    mount.page({ path: '/playground', area: 'playground', right: 'view' }, async (visit) => {
      const { words, lang, now, at, query } = visit
      const asked = askedFor(query)
      const client = asked.client === '' ? undefined : await clients.get(asked.client)
      const scopes = [...openidScopes, ...registeredScopes(client?.metadata.scope).ofApis]
      const { title, lead, paste } = words.playground
      return {
        title,
        lead,
        actions: linkButton(at('/playground/token'), paste),
        body: playgroundView({
          ...{ lang, now, action: at('/playground'), asked, scopes },
          ...(await answerTo(visit, asked, client)),
        }),
      }
    })
  }

interface Asked {
  readonly client: string
  readonly person: string
  readonly source: string
  readonly api: string
  readonly scopes: ReadonlySet<string>
}

function askedFor(query: URLSearchParams): Asked {
  const text = (name: string) => (query.get(name) ?? '').trim().slice(0, longest)
  const chosen = query.getAll('scope').slice(0, mostScopes)
  return {
    ...{ client: text('client'), person: text('person'), source: text('source'), api: text('api') },
    scopes: new Set(chosen.length === 0 ? usual : chosen),
  }
}

export function gatewayAnswer({ name }: Api, said: Awaited<ReturnType<AskGateway>>, lang: ConsoleLanguage): Gateway {
  return said.passes
    ? { api: name, headers: said.headers, needsKey: said.needsKey, reason: undefined, detail: undefined }
    : {
        api: name,
        headers: undefined,
        needsKey: false,
        reason: explained(said.reason, lang),
        detail: said.detail && problemWords(said.detail, lang),
      }
}
