/** Rows of ours, bare's, and a remark, as a table for docs/operations/performance.md. */
export function printTable(title: string, rows: readonly (readonly [string, number, number, string])[]): void {
  console.log(`| ${title} | ours, CPU-ms | bare, CPU-ms | ours per core, × bare | |\n| --- | --- | --- | --- | --- |`)
  for (const [name, ours, bare, remark] of rows)
    console.log(`| ${name} | ${ours.toFixed(3)} | ${bare.toFixed(3)} | ${(bare / ours).toFixed(2)} | ${remark} |`)
  console.log()
}
