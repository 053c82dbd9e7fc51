import { isDeepStrictEqual } from 'node:util'
import type Router from '@koa/router'
import { z } from 'zod'
import { sourceTypes } from '../connector.ts'
import { readJson } from '../http/bodies.ts'
import { parseInput } from '../input.ts'
import { administration } from '../roles/role.ts'
import type { Source } from '../sources/source.ts'
import { SourceInput, sourceInput } from '../sources/source-input.ts'
import type { SourceDraft, Sources } from '../sources/sources.ts'
import type { SourceStatus } from '../sources/status.ts'
import type { Authorise, Right } from './authorise.ts'
import { iso, type Resource } from './collection.ts'
import { isObject, mergePatch } from './merge-patch.ts'

interface Needs {
  readonly issuer: string
  readonly sources: Sources
}

/** What is registered at an upstream that browsers are sent to. */
const addresses = {
  callback_url: 'callback',
  post_logout_url: 'logged-out',
  backchannel_logout_url: 'backchannel-logout',
}

export const authenticationSources = ({ issuer, sources }: Needs): Resource<Source, typeof SourceInput> => ({
  path: 'authentication-sources',
  input: SourceInput,
  readOnly: ['id', ...Object.keys(addresses), 'usage', 'status', 'created_at', 'updated_at'],
  right: rightTo,
  list: sources.list,
  get: sources.get,
  create: sources.create,
  replace: sources.replace,
  remove: sources.remove,
  identify: (source) => source,
  inputOf: sourceInput,
  patch: patched,

  view(source) {
    const { alias, type, createdAt, updatedAt } = source
    const shown = sources.kindOf(type) === 'redirect' ? Object.entries(addresses) : []
    return {
      id: source.id,
      ...sourceInput(source),
      ...Object.fromEntries(
        shown.map(([name, path]) => [name, `${issuer}/broker/${encodeURIComponent(alias)}/${path}`]),
      ),
      created_at: iso(createdAt),
      updated_at: iso(updatedAt),
    }
  },

  async further(items) {
    const ids = items.map(({ id }) => id)
    const [usage, status] = await Promise.all([sources.usage(ids), sources.status(ids)])
    return ids.map((id) => ({ usage: usage.get(id), status: statusView(status.get(id)) }))
  },
})

const statusView = ({ lastSuccess, lastFailure }: SourceStatus = { lastSuccess: null, lastFailure: null }) => ({
  last_success: lastSuccess === null ? null : iso(lastSuccess),
  last_failure: lastFailure && { at: iso(lastFailure.at), reason: lastFailure.reason },
})

/** Who says where administrators come from can become one: by a rule of the mapping, or as the upstream itself. */
function rightTo(before: Source | undefined, next: SourceInput | undefined): Right {
  const opensAdministration = [before, next].some((source) => source?.mapping.roles.some(isAdministration))
  const movesTrust = before && next && !isDeepStrictEqual(next.config, sourceInput(before).config)
  return opensAdministration || movesTrust ? 'administer' : 'edit'
}

const isAdministration = ({ client }: { readonly client?: string | undefined }) => client === administration.client

/** A secret is not in what is patched; `null` for it must not be lost, because it removes the secret. */
function patched(before: Source, patch: unknown): unknown {
  const merged = mergePatch(sourceInput(before), patch)
  if (!isObject(patch) || !isObject(patch.config) || !isObject(merged) || !isObject(merged.config)) return merged
  const removed = Object.entries(patch.config).filter(
    ([name, value]) => value === null && before.secretNames.includes(name),
  )
  return { ...merged, config: { ...merged.config, ...Object.fromEntries(removed) } }
}

// A draft may say everything a source may, and need not be complete.
const Draft = z.object({
  id: z.string().optional(),
  alias: z.string().optional(),
  type: z.enum(sourceTypes),
  config: z.record(z.string(), z.unknown()).default({}),
})

/** POST authentication-sources/test for a draft, and authentication-sources/{id}/test for one that is there. */
export function mountSourceTest(router: Router, sources: Sources, authorise: Authorise): void {
  const answer = async (draft: SourceDraft) => {
    const result = await sources.test(draft)
    return result.ok ? { ok: true } : { ok: false, problem: result.problem }
  }

  router.post('/authentication-sources/test', async (ctx) => {
    await authorise(ctx, 'edit')
    ctx.body = await answer(await readJson(ctx, Draft))
  })

  router.post('/authentication-sources/:id/test', async (ctx) => {
    await authorise(ctx, 'edit')
    const source = await sources.get(ctx.params.id ?? '')
    const hasBody = ctx.request.length || ctx.get('Transfer-Encoding')
    const change = hasBody ? await readJson(ctx, z.record(z.string(), z.unknown())) : {}
    const { type, config } = parseInput(Draft, { ...sourceInput(source), ...change, type: source.type })
    ctx.body = await answer({ id: source.id, type, config })
  })
}
