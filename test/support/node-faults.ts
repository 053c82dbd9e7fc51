/**
 * Preloaded into a node (`node --import`): lets a test stop its event loop, and move its clock, by messages.
 */
export type Fault = { readonly block: number } | { readonly moveClock: number }

let moved = Number(process.env.CLOCK_MOVED ?? 0)
const RealDate = Date

globalThis.Date = class extends RealDate {
  constructor(...parts: readonly unknown[]) {
    super(...((parts.length === 0 ? [RealDate.now() + moved] : parts) as [number]))
  }
  static override now = () => RealDate.now() + moved
} as DateConstructor

process.on('message', (fault: Fault) => {
  if ('moveClock' in fault) moved += fault.moveClock
  else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, fault.block)
})
// Whoever listens must not live on for that.
process.channel?.unref()
