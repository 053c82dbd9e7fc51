/** What has to be done so that the registry is what files want: pure, and nothing of it is a secret. */
import { isDeepStrictEqual } from 'node:util'
import type { KindName } from './format.ts'

/** A thing as a file writes it, without its secrets. */
export type Written = Readonly<Record<string, unknown>>

export interface Change {
  /** `config.scopes` */
  readonly path: string
  /** Absent: there was nothing, or there will be. */
  readonly before?: unknown
  readonly after?: unknown
  /** Values are not shown. */
  readonly secret?: true
}

export interface Step {
  readonly action: 'create' | 'change' | 'delete'
  readonly kind: KindName
  readonly key: string
  readonly changes: readonly Change[]
}

export interface Wanted {
  readonly written: Written
  /** The paths of those of its secrets that are not what they were. */
  readonly secrets: readonly string[]
}

/** `undefined`: nothing is to be done. */
export function stepFor(
  { kind, key }: Pick<Step, 'kind' | 'key'>,
  before: Written | undefined,
  wanted: Wanted,
): Step | undefined {
  const changes = [
    ...differences(before ?? {}, wanted.written),
    ...wanted.secrets.map((path): Change => ({ path, secret: true })),
  ]
  if (!before) return { action: 'create', kind, key, changes }
  return changes.length > 0 ? { action: 'change', kind, key, changes } : undefined
}

/** Per member, and within objects per member of theirs; a list is one value. */
export function differences(before: Written, after: Written, below = ''): readonly Change[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  return names.flatMap((name): readonly Change[] => {
    const [was, is] = [before[name], after[name]]
    const path = below + name
    if (isDeepStrictEqual(was, is)) return []
    if (isTree(was) && isTree(is)) return differences(was, is, `${path}.`)
    if (isTree(is) && was === undefined && Object.keys(is).length > 0) return differences({}, is, `${path}.`)
    return [{ path, ...(was !== undefined && { before: was }), ...(is !== undefined && { after: is }) }]
  })
}

const isTree = (value: unknown): value is Written =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const signs = { create: '+', change: '~', delete: '-' } as const

/** For people. */
export function planText(steps: readonly Step[], unchanged: number): string {
  const blocks = steps.map(({ action, kind, key, changes }) =>
    [`${signs[action]} ${kind} ${key}`, ...changes.map((change) => `    ${line(change, action)}`)].join('\n'),
  )
  return [...blocks, ...(blocks.length > 0 ? [''] : []), summary(steps, unchanged)].join('\n')
}

function line({ path, before, after, secret }: Change, action: Step['action']): string {
  if (secret) return `${path}: ********${action === 'change' ? ' (changed)' : ''}`
  if (before === undefined) return `${path}: ${shown(after)}`
  return after === undefined ? `${path}: ${shown(before)} → nothing` : `${path}: ${shown(before)} → ${shown(after)}`
}

const longest = 300

function shown(value: unknown): string {
  const text = JSON.stringify(value)
  return text.length > longest ? `${text.slice(0, longest)}…` : text
}

export function summary(steps: readonly Step[], unchanged: number): string {
  const count = (action: Step['action']) => steps.filter((step) => step.action === action).length
  const parts = [
    `${count('create')} to create`,
    `${count('change')} to change`,
    `${count('delete')} to delete`,
    `${unchanged} as they should be`,
  ]
  return `${parts.join(', ')}.`
}

/** As it is read from a file: without members that are undefined. */
export const plain = (value: Readonly<Record<string, unknown>>): Written => JSON.parse(JSON.stringify(value))
