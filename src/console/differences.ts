/** What is different between two states of something: value by value, lists of plain values as one. */
import type { Difference } from '#views/console/events.ts'

type Leaves = ReadonlyMap<string, string>

/** In the order of the newer state; what went stands at the end. */
export function differencesBetween(before: unknown, after: unknown) {
  const was = leavesOf(before)
  const is = leavesOf(after)
  const paths = [...new Set([...is.keys(), ...was.keys()])]
  const differences: Difference[] = []
  const same: { path: string; value: string }[] = []
  for (const path of paths) {
    const [old, now] = [was.get(path), is.get(path)]
    if (old !== now) differences.push({ path, before: old, after: now })
    else if (now !== undefined) same.push({ path, value: now })
  }
  return { differences, same }
}

function leavesOf(value: unknown, path: readonly string[] = []): Leaves {
  const isWhole = typeof value !== 'object' || value === null || isPlainList(value) || Object.keys(value).length === 0
  if (isWhole) return new Map(path.length === 0 ? [] : [[path.join('.'), textOf(value)]])
  return new Map(Object.entries(value).flatMap(([name, member]) => [...leavesOf(member, [...path, name])]))
}

const isPlainList = (value: object): boolean =>
  Array.isArray(value) && value.every((item) => typeof item !== 'object' || item === null)

function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  return Array.isArray(value) && value.length > 0 ? value.join(', ') : JSON.stringify(value)
}
