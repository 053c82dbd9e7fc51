import {
  type ConnectorConfig,
  type ConnectorType,
  SourceProblem,
  type SourceProblemCode,
  type SourceType,
} from '../connector.ts'
import { Unavailable } from '../errors.ts'

export type TrialResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly problem: { readonly code: SourceProblemCode; readonly detail: string } }

interface Draft {
  readonly type: SourceType
  readonly config: ConnectorConfig
}

/** Reaches out as a login through this configuration would. What is wrong is the answer, not an error. */
export async function tryOut(
  { type, config }: Draft,
  types: ReadonlyMap<SourceType, ConnectorType>,
): Promise<TrialResult> {
  const known = types.get(type)
  if (!known) return failed('COULD_NOT_PARSE_CONFIG', `type: ${type} is not available in this version`)
  const parsed = known.config.safeParse(config)
  if (!parsed.success) {
    const detail = parsed.error.issues
      .map(({ path, message }) => [['config', ...path].join('.'), message].join(': '))
      .join('; ')
    const isUrl = parsed.error.issues.some((issue) => 'format' in issue && issue.format === 'url')
    return failed(isUrl ? 'URL_INVALID' : 'COULD_NOT_PARSE_CONFIG', detail)
  }
  const connector = known.open(parsed.data, { id: 'draft', alias: 'draft' })
  try {
    await connector.check?.()
    return { ok: true }
  } catch (error) {
    if (error instanceof SourceProblem) return failed(error.code, error.message)
    if (error instanceof Unavailable) return failed('CONNECTION_FAILED', error.message)
    throw error
  } finally {
    await connector.close?.()
  }
}

const failed = (code: SourceProblemCode, detail: string): TrialResult => ({ ok: false, problem: { code, detail } })
