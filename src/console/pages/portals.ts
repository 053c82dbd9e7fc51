/** Developer portals: the list, making and changing them, and taking one away. */
import { z } from 'zod'
import { confirmView } from '#views/console/confirm.ts'
import { type Field, formView } from '#views/console/form.ts'
import { linkButton } from '#views/console/parts.ts'
import { portalsView, portalView } from '#views/console/portals.ts'
import { html } from '#views/html.ts'
import type { ApiStore } from '../../apis/api.ts'
import { signInProblem } from '../../connector.ts'
import { parseInput } from '../../input.ts'
import type { Portal } from '../../portals/portal.ts'
import { PortalInput, type Portals, portalInput } from '../../portals/portals.ts'
import type { SourceStore } from '../../sources/source.ts'
import { fieldsOf, inputFrom, shownValues, versionIn } from '../forms.ts'
import type { Entered, Mount, Visit } from '../page.ts'
import { searchText } from '../query.ts'

interface Needs {
  readonly portals: Portals
  readonly sourceStore: Pick<SourceStore, 'some' | 'list'>
  readonly apiStore: Pick<ApiStore, 'some' | 'list'>
}

const pageSize = 50
/** More of them are no longer offered but written. */
const few = 50

/** What somebody wrote into the address by hand is as good as nothing. */
const Query = z.object({
  q: searchText,
  after: z.string().max(200).optional().catch(undefined),
})

const crumbsOf = ({ words, at }: Visit, portal?: Portal) => [
  { text: words.portals.title, href: at('/portals') },
  ...(portal ? [{ text: portal.name, href: at(`/portals/${portal.id}`) }] : []),
]

export const portalPages = ({ portals, sourceStore, apiStore }: Needs) => {
  const lists = ['apis']

  /** Chosen from lists while those are short. */
  async function fieldsFor({ words }: Visit): Promise<readonly Field[]> {
    const [sources, apis] = await Promise.all([sourceStore.list({ limit: few }), apiStore.list({ limit: few })])
    const { fields, chosen, byId } = words.portals
    const signIn = sources.items.filter((source) => signInProblem(source) === undefined)
    const choice = {
      authentication_source: [
        { value: '', text: chosen },
        ...signIn.map(({ id, name, alias }) => ({ value: id, text: `${name} (${alias})` })),
      ],
      apis: apis.items.map(({ id, name }) => ({ value: id, text: name })),
    }
    const byName = (one: Field, other: Field) => Number(other.name === 'name') - Number(one.name === 'name')
    return fieldsOf(PortalInput, { words: fields })
      .toSorted(byName)
      .map((field): Field => {
        if (field.name === 'authentication_source' && sources.next === null)
          return { ...field, kind: 'choice', options: choice.authentication_source }
        if (field.name !== 'apis') return field
        return apis.next === null && apis.items.length > 0
          ? { ...field, kind: 'choices', options: choice.apis }
          : { ...field, help: byId }
      })
  }

  async function form(visit: Visit, entered: Entered, portal?: Portal) {
    const { words, csrf, lang, at } = visit
    const fields = await fieldsFor(visit)
    return formView({
      ...{ action: at(portal ? `/portals/${portal.id}/edit` : '/portals/add'), csrf, lang, groups: [{ fields }] },
      ...(portal && { version: portal.version }),
      ...shownValues(fields, portal ? portalInput(portal) : {}, entered),
      submit: portal ? words.kit.save : words.portals.add,
      cancel: at(portal ? `/portals/${portal.id}` : '/portals'),
    })
  }

  return (mount: Mount): void => {
    const portalOf = (visit: Visit) => portals.get(visit.param('id'))

    mount.page({ path: '/portals', area: 'portals', right: 'view' }, async ({ words, lang, now, at, query, may }) => {
      const { q, after } = Query.parse(Object.fromEntries(query))
      const { items, next } = await portals.list({
        ...{ limit: pageSize, ...(after !== undefined && { after }), ...(q !== '' && { search: q }) },
      })
      const sources = await sourceStore.some([...new Set(items.map(({ sourceId }) => sourceId))])
      const nameOf = new Map(sources.map(({ id, name }) => [id, name]))
      const add = may('edit') ? at('/portals/add') : undefined
      return {
        title: words.portals.title,
        lead: words.portals.lead,
        actions: html`${add !== undefined && linkButton(add, words.portals.add, 'primary')}`,
        body: portalsView({
          ...{ lang, now, add, search: q, action: at('/portals') },
          next: next === null ? undefined : at('/portals', { q, after: next }),
          first: after === undefined ? undefined : at('/portals', { q }),
          rows: items.map(({ id, name, slug, sourceId, apis, requiredRoles }) => ({
            ...{ name, slug, requiredRoles, apis: apis.length, href: at(`/portals/${id}`) },
            source: { name: nameOf.get(sourceId) ?? sourceId, href: at(`/sources/${sourceId}`) },
          })),
        }),
      }
    })

    mount.form(
      { path: '/portals/add', area: 'portals', right: 'edit', lists },
      {
        show: async (visit, entered) => ({
          title: visit.words.portals.add,
          crumbs: crumbsOf(visit),
          body: await form(visit, entered),
        }),

        async submit(visit, sent) {
          const input = parseInput(PortalInput, inputFrom(await fieldsFor(visit), sent))
          const portal = await portals.create(visit.actor, input)
          return { to: visit.at(`/portals/${portal.id}`), say: visit.words.portals.added(portal.name) }
        },
      },
    )

    mount.page({ path: '/portals/:id', area: 'portals', right: 'view' }, async (visit) => {
      const portal = await portalOf(visit)
      const { lang, now, at, may } = visit
      const { id, name, slug, sourceId, requiredRoles } = portal
      const [[source], apis] = await Promise.all([sourceStore.some([sourceId]), apiStore.some(portal.apis)])
      const body = portalView({
        ...{ lang, now, name, slug, requiredRoles, mayEdit: may('edit') },
        source: { name: source?.name ?? sourceId, href: at(`/sources/${sourceId}`) },
        apis: apis.map((api) => ({ name: api.name, href: at(`/apis/${api.id}`) })),
        ways: { edit: at(`/portals/${id}/edit`), remove: at(`/portals/${id}/remove`) },
      })
      return { title: name, crumbs: crumbsOf(visit), body }
    })

    mount.form(
      { path: '/portals/:id/edit', area: 'portals', right: 'edit', lists },
      {
        async show(visit, entered) {
          const portal = await portalOf(visit)
          const title = visit.words.portals.editTitle(portal.name)
          return { title, crumbs: crumbsOf(visit, portal), body: await form(visit, entered, portal) }
        },

        async submit(visit, sent) {
          const input = parseInput(PortalInput, inputFrom(await fieldsFor(visit), sent))
          const { id, name } = await portals.replace(visit.actor, visit.param('id'), input, versionIn(sent))
          return { to: visit.at(`/portals/${id}`), say: visit.words.portals.saved(name) }
        },
      },
    )

    mount.form(
      { path: '/portals/:id/remove', area: 'portals', right: 'edit' },
      {
        async show(visit, { problems, message }) {
          const portal = await portalOf(visit)
          const { words, csrf, lang, at } = visit
          const apis = await apiStore.some(portal.apis)
          return {
            title: words.portals.removeTitle(portal.name),
            crumbs: crumbsOf(visit, portal),
            body: confirmView({
              ...{ action: at(`/portals/${portal.id}/remove`), csrf, lang, problems, message, version: portal.version },
              what: words.portals.removeWhat,
              affectedTitle: words.portals.affected,
              affected: apis.map(({ name }) => html`<bdi>${name}</bdi>`),
              submit: words.kit.remove,
              cancel: at(`/portals/${portal.id}`),
            }),
          }
        },

        async submit(visit, sent) {
          const portal = await portalOf(visit)
          await portals.remove(visit.actor, portal.id, versionIn(sent))
          return { to: visit.at('/portals'), say: visit.words.portals.removed(portal.name) }
        },
      },
    )
  }
}
