/** Looking into a token that somebody pasted. It comes in the body of a form, is read once, and is kept nowhere. */
import { linkButton } from '#views/console/parts.ts'
import { type Found, tokenReaderView } from '#views/console/playground.ts'
import type { Api } from '../../apis/api.ts'
import type { KeyStore } from '../../keys/signing-key.ts'
import type { CheckAccessToken } from '../../tokens/access-token.ts'
import { type CompactJwt, parseCompactJwt } from '../../tokens/compact-jwt.ts'
import { introspectionAnswer } from '../../tokens/introspection-answer.ts'
import { explained } from '../explained.ts'
import type { FindApi } from '../find-api.ts'
import type { Content, Mount, Visit } from '../page.ts'
import { type AskGateway, gatewayAnswer } from './playground.ts'

interface Needs {
  readonly issuer: string
  readonly checkAccessToken: CheckAccessToken
  readonly keys: Pick<KeyStore, 'list'>
  readonly findApi: FindApi
  readonly askGateway: AskGateway
}

const path = '/playground/token'

export const tokenReaderPages =
  ({ issuer, checkAccessToken, keys, findApi, askGateway }: Needs) =>
  (mount: Mount): void => {
    function content(visit: Visit, api: string, found?: Found, problem?: string): Content {
      const { words, lang, now, at, csrf } = visit
      return {
        title: words.playground.readTitle,
        lead: words.playground.readLead,
        crumbs: [{ text: words.frame.areas.playground, href: at('/playground') }],
        actions: linkButton(at('/playground'), words.playground.write),
        body: tokenReaderView({ lang, now, csrf, action: at(path), api, problem, found }),
      }
    }

    async function look(visit: Visit, token: string, api: Api | undefined): Promise<Found> {
      const jwt = parseCompactJwt(token)
      const verdict = await checkAccessToken(token)
      const common = {
        decoded: jwt && { header: jwt.header, payload: jwt.payload, bytes: token.length },
        times: timesOf(jwt),
      }
      if (!verdict.ok)
        return {
          ...{ ...common, verdict: 'bad', reason: explained(verdict.reason, visit.lang) },
          detail: jwt && (await details(visit, verdict.reason, jwt)),
          ...{ introspection: { active: false }, gateway: undefined },
        }
      const introspection = introspectionAnswer(verdict.token, issuer)
      const said = api && (await askGateway(verdict.token, api))
      if (api && said && !said.passes && said.reason === 'token_audience') {
        const { words } = visit
        const wanted = api.audience ?? words.playground.ownClients
        return {
          ...{
            ...common,
            verdict: 'not_for_api',
            reason: explained(said.reason, visit.lang),
            introspection,
            gateway: undefined,
          },
          detail: words.playground.otherAudience(verdict.token.audience, wanted),
        }
      }
      return {
        ...{ ...common, verdict: 'good', reason: undefined, detail: undefined, introspection },
        gateway: api && said && gatewayAnswer(api, said, visit.lang),
      }
    }

    /** The reason in figures: by how much, and which one instead. */
    async function details(
      { words: { playground: words }, now }: Visit,
      reason: string,
      { header, payload }: CompactJwt,
    ) {
      const seconds = (at: unknown) => (typeof at === 'number' ? Math.round(Math.abs(now / 1000 - at)) : 0)
      switch (reason) {
        case 'token_expired':
          return words.expiredAgo(words.seconds(seconds(payload.exp)))
        case 'token_not_yet_valid':
          return words.notYet(words.seconds(seconds(Math.max(Number(payload.nbf ?? 0), Number(payload.iat ?? 0)))))
        case 'token_key_unknown':
          return words.unknownKey(String(header.kid), (await keys.list()).map(({ kid }) => kid).join(', '))
        case 'token_issuer':
          return words.otherIssuer(String(payload.iss), issuer)
        default:
          return undefined
      }
    }

    mount.form(
      { path, area: 'playground', right: 'view', fleeting: 'all' },
      {
        show: async (visit, { form }) => content(visit, form?.get('api') ?? ''),
        async submit(visit, form) {
          const typed = (form.get('api') ?? '').trim().slice(0, 255)
          const api = typed === '' ? undefined : await findApi(typed)
          if (typed !== '' && !api)
            return { content: content(visit, typed, undefined, visit.words.playground.noApi(typed)) }
          const token = (form.get('token') ?? '').replace(/^\s*(Bearer|DPoP)\s+/i, '').replaceAll(/\s/g, '')
          return { content: content(visit, typed, await look(visit, token, api)) }
        },
      },
    )
  }

function timesOf(jwt: CompactJwt | undefined): Found['times'] {
  const time = (name: string) => {
    const at = jwt?.payload[name]
    return typeof at === 'number' && Number.isFinite(at) && at > 0 && at < 1e11 ? at * 1000 : undefined
  }
  const [issued, notBefore, expires] = [time('iat'), time('nbf'), time('exp')]
  return {
    ...(issued !== undefined && { issued }),
    ...(notBefore !== undefined && { notBefore }),
    ...(expires !== undefined && { expires }),
  }
}
