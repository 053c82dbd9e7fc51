/** What a `datetime-local` field sends: `2026-11-22T05:00`. Nobody says a zone with it; our fields say UTC. */
export function momentIn(text: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?$/.test(text)) return undefined
  const at = Date.parse(`${text}Z`)
  return Number.isNaN(at) ? undefined : at
}
