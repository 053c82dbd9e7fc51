/** Rows of ours, bare's, and a remark, as a table for docs/operations/performance.md. */
export function printTable(title: string, rows: readonly (readonly [string, number, number, string])[]): void {
  console.log(`| ${title} | ours, CPU-ms | bare, CPU-ms | ours per core, × bare | |\n| --- | --- | --- | --- | --- |`)
  for (const [name, ours, bare, remark] of rows)
    console.log(`| ${name} | ${ours.toFixed(3)} | ${bare.toFixed(3)} | ${(bare / ours).toFixed(2)} | ${remark} |`)
  console.log()
}

export interface Measured {
  readonly name: string
  /** Milliseconds of processor time. */
  readonly ours: number
  readonly other: number | undefined
  /** What the other one is. */
  readonly beside: string
  readonly aim: number | undefined
  readonly remark: string
}

/** What gateways ask, each beside what it is compared with. */
export function printCalls(title: string, measured: readonly Measured[]): void {
  console.log(
    `| ${title} | ours, CPU-ms | beside it, CPU-ms | ours per core | aim | |\n| --- | --- | --- | --- | --- | --- |`,
  )
  for (const { name, ours, other, beside, aim, remark } of measured) {
    const ratio = other === undefined ? 'not installed' : `${(other / ours).toFixed(2)} × ${beside}`
    const cells = [name, ours.toFixed(4), other?.toFixed(4) ?? '', ratio, aim?.toFixed(1) ?? '', remark]
    console.log(`| ${cells.join(' | ')} |`)
  }
  console.log()
}

export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
