/** Gateway recipes: for which API, and what to paste, with the values of this installation. */
import type { Field } from '#views/console/form.ts'
import { linkButton } from '#views/console/parts.ts'
import { recipeListView, recipeView } from '#views/console/recipes.ts'
import { canonicalHost } from '../../apis/addresses.ts'
import type { Api } from '../../apis/api.ts'
import type { Apis } from '../../apis/apis.ts'
import type { Mount, Visit } from '../page.ts'
import { gateways, recipesFor } from '../recipes.ts'
import { ApiQuery, apiCrumbs } from './apis.ts'

interface Needs {
  readonly issuer: string
  /** Where the broker listens. */
  readonly listen: { readonly host: string; readonly port: number }
  readonly apis: Pick<Apis, 'list' | 'get'>
}

const pageSize = 50
const stranger = 'api.example.com'
const offered = [...gateways, 'jwks'] as const
/** Those that ask about requests, by the address they ask at. */
const dialects: Partial<Record<(typeof offered)[number], string>> = {
  ...{ nginx: 'nginx', caddy: 'forwarded', haproxy: 'forwarded', traefik: 'forwarded', envoy: 'envoy' },
}

export const recipePages =
  ({ issuer, listen, apis }: Needs) =>
  (mount: Mount): void => {
    /** By default as from the same machine, which a gateway often is. */
    const ownAddress = (): string => {
      const everywhere = ['0.0.0.0', '::', 'localhost'].includes(listen.host)
      const host = everywhere ? '127.0.0.1' : listen.host.includes(':') ? `[${listen.host}]` : listen.host
      return `${host}:${listen.port}`
    }

    mount.page({ path: '/recipes', area: 'recipes', right: 'view' }, async ({ words, lang, at, query }) => {
      const { q, after } = ApiQuery.parse(Object.fromEntries(query))
      const { items, next } = await apis.list({
        ...{ limit: pageSize, ...(after !== undefined && { after }), ...(q !== '' && { search: q }) },
      })
      return {
        title: words.recipes.title,
        lead: words.recipes.lead,
        body: recipeListView({
          ...{ lang, search: q, action: at('/recipes') },
          next: next === null ? undefined : at('/recipes', { q, after: next }),
          first: after === undefined ? undefined : at('/recipes', { q }),
          rows: items.map(({ id, name, hosts, pathPrefix }) => ({
            ...{ name, href: at(`/apis/${id}/recipes`) },
            address: hosts[0] === undefined ? '' : hosts[0] + pathPrefix,
          })),
        }),
      }
    })

    function valuesOf({ query }: Visit, { hosts }: Api) {
      const given = (name: string) => (query.get(name) ?? '').trim().slice(0, 300)
      const address = (name: string, otherwise: string) => {
        const text = given(name) || otherwise
        const host = canonicalHost(text)
        return { text, isGood: host !== undefined && /:\d+$/.test(host), value: host ?? otherwise }
      }
      const host = hosts.find((one) => one === given('host')) ?? hosts[0]
      return { host, broker: address('broker', ownAddress()), backend: address('backend', '127.0.0.1:3003') }
    }

    function fieldsOf({ words }: Visit, { hosts }: Api): readonly Field[] {
      const { fields } = words.recipes
      const address = (name: 'broker' | 'backend'): Field => ({
        ...{ name, kind: 'text', required: true },
        ...fields[name],
      })
      const host: Field = {
        ...{ name: 'host', kind: 'choice', required: true, label: fields.host.label },
        options: hosts.map((value) => ({ value, text: value })),
      }
      return [...(hosts.length > 1 ? [host] : []), address('broker'), address('backend')]
    }

    mount.page({ path: '/apis/:id/recipes', area: 'recipes', right: 'view' }, async (visit) => {
      const { words, lang, at, query } = visit
      const api = await apis.get(visit.param('id'))
      const gateway = offered.find((one) => one === query.get('gateway')) ?? offered[0]
      const { host, broker, backend } = valuesOf(visit, api)
      const values = { host: host ?? '', broker: broker.text, backend: backend.text }
      const path = `/apis/${api.id}/recipes`
      const { badAddress } = words.recipes
      const dialect = dialects[gateway]
      return {
        title: words.recipes.apiTitle(api.name),
        lead: words.recipes.apiLead,
        crumbs: [{ text: words.recipes.title, href: at('/recipes') }, ...apiCrumbs(visit, api).slice(1)],
        actions: linkButton(at(`/apis/${api.id}`), api.name),
        body: recipeView({
          ...{ lang, gateway, values, action: at(path), hasHost: host !== undefined },
          gateways: offered.map((one) => ({ gateway: one, href: at(path, { ...values, gateway: one }) })),
          fields: gateway === 'jwks' ? [] : fieldsOf(visit, api),
          wrong: {
            ...(!broker.isGood && { broker: badAddress }),
            ...(!backend.isGood && { backend: badAddress }),
          },
          verify: dialect && `${issuer}/verify/${dialect}`,
          files:
            gateway === 'jwks'
              ? []
              : await recipesFor(gateway, {
                  ...{ issuer, broker: broker.value, backend: backend.value, host: host ?? stranger },
                  ...{ pathPrefix: api.pathPrefix, name: api.name, slug: api.slug },
                  audience: api.audience ?? api.clients[0],
                }),
          jwks: gateway === 'jwks' ? { issuer, audience: api.audience } : undefined,
        }),
      }
    })
  }
