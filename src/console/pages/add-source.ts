/** Adding a source in three steps. Nothing is kept before the last one saves it, switched off. */
import { copyView, pickView, stepsView } from '#views/console/add-source.ts'
import { checkVerdict } from '#views/console/check-verdict.ts'
import { type Field, formView } from '#views/console/form.ts'
import { section } from '#views/console/parts.ts'
import { type Started, startedView } from '#views/console/test-login.ts'
import { html } from '#views/html.ts'
import type { ConnectorType, SourceType } from '../../connector.ts'
import { Refusal } from '../../errors.ts'
import { rightToSource } from '../../roles/changes.ts'
import type { SourceStore } from '../../sources/source.ts'
import { SourceInput } from '../../sources/source-input.ts'
import type { Sources } from '../../sources/sources.ts'
import type { TrialResult } from '../../sources/trial.ts'
import type { BeginTest } from '../begin-test.ts'
import { defaultsOf, inputFrom, shownValues } from '../forms.ts'
import type { Content, Entered, Mount, Visit } from '../page.ts'
import { type Provider, providersFor } from '../providers.ts'
import { ourAddresses, sourceCrumbs } from './source.ts'
import { configFields, generalFields, parseSource } from './source-fields.ts'

interface Needs {
  readonly sources: Sources
  readonly sourceStore: Pick<SourceStore, 'byAlias'>
  readonly connectors: ReadonlyMap<SourceType, ConnectorType>
  readonly beginTest: BeginTest
  readonly issuer: string
}

const general = ['name', 'alias', 'description', 'domains'] as const

export const addSourcePages =
  ({ sources, sourceStore, connectors, beginTest, issuer }: Needs) =>
  (mount: Mount): void => {
    const offered = providersFor([...connectors.keys()])
    const isRedirect = ({ type }: Provider) => connectors.get(type)?.kind === 'redirect'

    function providerOf(visit: Visit): Provider {
      const found = offered.find(({ key }) => key === visit.param('provider'))
      if (!found) throw new Refusal('not_found', visit.words.addSource.unknown)
      return found
    }

    const nameOf = ({ words }: Visit, { key, name }: Provider) => words.addSource.providers[key]?.name ?? name
    const crumbs = (visit: Visit) => [
      ...sourceCrumbs(visit),
      { text: visit.words.addSource.title, href: visit.at('/sources/add') },
    ]

    /** The alias that is suggested: with a number when another source has it. */
    async function freeAlias({ alias }: Provider): Promise<string> {
      for (let number = 1; number < 20; number += 1) {
        const candidate = number === 1 ? alias : `${alias}-${number}`
        if (!(await sourceStore.byAlias(candidate))) return candidate
      }
      return alias
    }

    async function aliasProblem(alias: string, { words }: Visit): Promise<string | undefined> {
      if (!SourceInput.shape.alias.safeParse(alias).success) return words.addSource.aliasWrong
      return (await sourceStore.byAlias(alias)) ? words.addSource.aliasTaken : undefined
    }

    mount.page({ path: '/sources/add', area: 'sources', right: 'edit' }, async (visit) => {
      const { words, lang, at } = visit
      const { title, lead } = words.addSource
      return {
        ...{ title, lead, crumbs: sourceCrumbs(visit) },
        body: pickView({
          lang,
          providers: offered.map((provider) => ({
            ...provider,
            href: at(`/sources/add/${provider.key}${isRedirect(provider) ? '' : '/connect'}`),
          })),
        }),
      }
    })

    mount.page({ path: '/sources/add/:provider', area: 'sources', right: 'edit' }, async (visit) => {
      const { words, lang, at, query } = visit
      const provider = providerOf(visit)
      const alias = query.get('alias')?.trim() ?? (await freeAlias(provider))
      const wrong = await aliasProblem(alias, visit)
      const { fields, settings = [] } = provider
      const addresses = wrong === undefined ? ourAddresses(issuer, alias) : []
      return {
        title: words.addSource.copyTitle(nameOf(visit, provider)),
        lead: words.addSource.copyLead,
        crumbs: crumbs(visit),
        body: copyView({
          ...{ lang, alias, wrong, way: provider.way },
          action: at(`/sources/add/${provider.key}`),
          next: at(`/sources/add/${provider.key}/connect`),
          name: query.get('name') ?? nameOf(visit, provider),
          values: [
            ...addresses.flatMap(({ id, url }) => {
              const field = fields ? fields[id] : words.sources[id]
              return field === undefined ? [] : [{ field, value: url, isOurs: true }]
            }),
            ...settings.map(([field, value]) => ({ field, value, isOurs: false })),
          ],
        }),
      }
    })

    function fieldsFor(visit: Visit, { type, issuer: example }: Provider) {
      const connector = connectors.get(type)
      const { main, further } = connector ? configFields(visit.words, connector) : { main: [], further: [] }
      const exemplified = main.map(
        (field): Field => (field.name === 'config.issuer' && example ? { ...field, placeholder: example } : field),
      )
      const common = generalFields(visit.words, general)
      return { common, main: exemplified, further, all: [...common, ...main, ...further] }
    }

    async function connectPage(visit: Visit, entered: Entered, result?: TrialResult, test?: Started): Promise<Content> {
      const { words, lang, csrf, at, query } = visit
      const provider = providerOf(visit)
      const { common, main, further, all } = fieldsFor(visit, provider)
      const { config: defaults } = defaultsOf([...main, ...further])
      const suggested = {
        name: query.get('name') ?? nameOf(visit, provider),
        alias: query.get('alias') ?? (await freeAlias(provider)),
        config: { ...Object(defaults), ...provider.config },
      }
      const { addSource, sources: sourceWords } = words
      const failed = result && !result.ok
      const steps = isRedirect(provider) ? undefined : (['pick', 'connect'] as const)
      const name = nameOf(visit, provider)
      const tested = isRedirect(provider) && visit.may('administer') ? [await beginTest.field(visit)] : []
      return {
        title: steps ? addSource.connectPlain(name) : addSource.connectTitle(name),
        ...(!steps && { lead: addSource.connectLead }),
        crumbs: crumbs(visit),
        body: html`${stepsView('connect', lang, steps)}${formView({
          ...{ csrf, lang, action: at(`/sources/add/${provider.key}/connect`) },
          ...shownValues([...all, ...tested], suggested, entered),
          groups: [
            ...(main.length > 0 ? [{ title: sourceWords.connection, fields: main }] : []),
            { title: sourceWords.general, fields: common },
            ...(further.length > 0 ? [{ title: sourceWords.further, fields: further, folded: true }] : []),
            ...(tested.length > 0 ? [{ title: sourceWords.test, fields: tested, folded: true }] : []),
          ],
          before: test
            ? section(addSource.testTitle, startedView(test, true), { id: 'test' })
            : result && checkVerdict(result, lang),
          submit: addSource.save,
          others: [
            ...(failed ? [{ intent: 'anyway', label: addSource.anyway }] : []),
            ...(main.length > 0 ? [{ intent: 'check', label: addSource.check }] : []),
            ...(tested.length > 0 ? [{ intent: 'test', label: addSource.test }] : []),
          ],
          cancel: at('/sources/add'),
        })}`,
      }
    }

    mount.form(
      { path: '/sources/add/:provider/connect', area: 'sources', right: 'edit' },
      {
        show: (visit, entered) => connectPage(visit, entered),

        async submit(visit, form) {
          const provider = providerOf(visit)
          const { type, mapping = {} } = provider
          const said = inputFrom(fieldsFor(visit, provider).all, form)
          const input = parseSource({ ...said, type, mapping, enabled: false }, connectors.get(type))
          visit.require(rightToSource(undefined, input))
          const intent = form.get('intent')
          if (intent === 'test' && isRedirect(provider)) {
            const draft = { ...(await sources.draft(input)), enabled: false }
            const test = await beginTest.begin(visit, draft, false, form)
            return { content: await connectPage(visit, { form, problems: [], changed: false }, undefined, test) }
          }
          if (intent !== 'anyway') {
            const result = await sources.test({ type, config: input.config })
            const entered = { form, problems: [], changed: false }
            if (intent === 'check' || !result.ok) return { content: await connectPage(visit, entered, result) }
          }
          const { id, name } = await sources.create(visit.actor, input)
          const { saved, savedPlain } = visit.words.addSource
          return { to: visit.at(`/sources/${id}`), say: (isRedirect(provider) ? saved : savedPlain)(name) }
        },
      },
    )
  }
