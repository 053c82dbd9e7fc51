import type { ApiRules } from '../apis/api-rules.ts'
import type { Caller } from './reader.ts'

/**
 * What is to be covered in the answer to this caller, as a list of `[JSONPath, replacement]` in JSON. The middleware in
 * front of the API carries it out (examples/mask). Never empty: where the header does not arrive nothing is known.
 */
export function maskHeader(masks: ApiRules['mask'], caller: Caller | undefined): string {
  const isExempt = ({ unless_group: group, unless_role: role }: ApiRules['mask'][number]) =>
    (group !== null && caller?.groups.includes(group)) || (role !== null && caller?.roles.includes(role))
  const left = masks.filter((mask) => !isExempt(mask)).map((mask) => [mask.json_path, mask.with])
  // A header is ASCII; JSON can say everything in it.
  return JSON.stringify(left).replaceAll(/[^\x20-\x7e]/g, escaped)
}

const escaped = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
