/** A source's mapping, with what it makes of somebody shown beside it before it is saved. */
import { z } from 'zod'
import { type Field, formView } from '#views/console/form.ts'
import { previewView } from '#views/console/mapping.ts'
import { seconds } from '../../clock.ts'
import type { ConnectorType, SourceType } from '../../connector.ts'
import { invalidInput, parseInput } from '../../input.ts'
import { Mapping } from '../../mapping/mapping.ts'
import type { Source } from '../../sources/source.ts'
import { sourceInput } from '../../sources/source-input.ts'
import type { Sources } from '../../sources/sources.ts'
import { inputFrom, shownValues } from '../forms.ts'
import type { FindLatestClaims, LatestClaims } from '../latest-claims.ts'
import { previewOf } from '../mapping-preview.ts'
import type { Content, Entered, Mount, Visit } from '../page.ts'
import { createSaveSource } from '../save-source.ts'
import { sourceCrumbs } from './source.ts'
import { mappingFields } from './source-fields.ts'

interface Needs {
  readonly sources: Sources
  readonly connectors: ReadonlyMap<SourceType, ConnectorType>
  readonly latestClaims: FindLatestClaims
  readonly issuer: string
  /** Seconds. */
  readonly tokenLifetime: number
  /** Characters an access token may have. */
  readonly maxBytes: number
}

/** The control with what the source says. */
const sampleName = 'sample'
const maxSample = 64 * 1024
const Sample = z.record(z.string(), z.unknown())

export const sourceMappingPage =
  ({ sources, connectors, latestClaims, issuer, tokenLifetime, maxBytes }: Needs) =>
  (mount: Mount): void => {
    const save = createSaveSource({ sources, connectors })
    const sourceOf = (visit: Visit) => sources.get(visit.param('id'))

    const sampleField = ({ words }: Visit): Field => ({
      ...{ name: sampleName, kind: 'json', required: false, expected: true },
      ...{ label: words.mapping.sample, help: words.mapping.sampleHelp },
    })

    /** Claims of people are for those who may read people. */
    const latestFor = async (visit: Visit, source: Source) =>
      visit.may('administer') ? latestClaims(source) : undefined

    const mappingIn = (visit: Visit, form: URLSearchParams): unknown =>
      inputFrom(mappingFields(visit.words), form).mapping ?? {}

    /** A text says what is wrong with it. */
    function sampleIn({ words }: Visit, text: string): LatestClaims['attributes'] | string | undefined {
      if (text === '') return undefined
      if (text.length > maxSample) return words.mapping.sampleTooLong
      try {
        return Sample.parse(JSON.parse(text))
      } catch {
        return words.mapping.sampleWrong
      }
    }

    const resultOf = (visit: Visit, source: Source, mapping: Mapping, attributes: LatestClaims['attributes']) =>
      previewOf({
        ...{ source, mapping, issuer, tokenLifetime, maxBytes, now: seconds(visit.now) },
        identity: { attributes, subject: typeof attributes.sub === 'string' ? attributes.sub : '(sub)' },
      })

    /** Of what the form says; of what is kept, when nothing is sent yet. */
    async function page(visit: Visit, source: Source, entered: Entered): Promise<Content> {
      const { words, csrf, lang, at, now } = visit
      const fields = mappingFields(words)
      const sample = sampleField(visit)
      const latest = await latestFor(visit, source)
      const stored = { ...sourceInput(source), [sampleName]: latest?.attributes }
      const shown = shownValues([...fields, sample], stored, entered)
      const text = shown.values[sampleName]?.trim() ?? ''
      const mapping = entered.form ? Mapping.safeParse(mappingIn(visit, entered.form)).data : source.mapping
      const attributes = sampleIn(visit, text)
      return {
        title: words.sources.mappingTitle(source.name),
        lead: words.sources.mappingLead,
        crumbs: sourceCrumbs(visit, source),
        body: formView({
          ...{ action: at(`/sources/${source.id}/mapping`), csrf, lang, version: source.version },
          ...{ ...shown, saved: shown.saved && { ...shown.saved, [sampleName]: text } },
          groups: [{ fields }],
          elsewhere: [sample],
          before: previewView({
            ...{
              action: at(`/sources/${source.id}/mapping`),
              lang,
              now,
              sample,
              values: shown.values,
              problems: entered.problems,
            },
            labels: Object.fromEntries([...fields, sample].map(({ name, label }) => [name, label])),
            latest: latest && { from: latest.from, at: latest.at },
            result:
              mapping && typeof attributes === 'object' ? resultOf(visit, source, mapping, attributes) : undefined,
          }),
          submit: words.kit.save,
          others: [{ intent: 'preview', label: words.mapping.preview }],
          cancel: at(`/sources/${source.id}`),
        }),
      }
    }

    mount.form(
      // What a source says of somebody is not kept.
      { path: '/sources/:id/mapping', area: 'sources', right: 'edit', fleeting: [sampleName] },
      {
        show: async (visit, entered) => page(visit, await sourceOf(visit), entered),

        async submit(visit, form) {
          const source = await sourceOf(visit)
          if (form.get('intent') === 'preview') {
            parseInput(Mapping, mappingIn(visit, form), 'mapping')
            const sample = sampleIn(visit, form.get(sampleName)?.trim() ?? '')
            if (typeof sample === 'string') throw invalidInput([{ path: sampleName, message: sample }])
            return { content: await page(visit, source, { form, problems: [], changed: false }) }
          }
          const said = inputFrom(mappingFields(visit.words), form)
          return save(visit, source, { ...sourceInput(source), ...said }, form)
        },
      },
    )
  }
