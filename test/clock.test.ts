import { describe, expect, it } from 'vitest'
import { createSteadyClock } from '../src/clock.ts'

const hour = 3_600_000

/** A machine whose two clocks are moved by hand. */
function machine() {
  let wall = 1_000_000_000_000
  let monotonic = 50
  return {
    clock: createSteadyClock(
      () => wall,
      () => monotonic,
    ),
    pass(milliseconds: number) {
      wall += milliseconds
      monotonic += milliseconds
    },
    set(by: number) {
      wall += by
    },
    wall: () => wall,
  }
}

describe('the steady clock', () => {
  it('is the wall clock while that goes forward', () => {
    const { clock, pass, set, wall } = machine()
    for (const by of [0, 1, 999, hour]) {
      pass(by)
      expect(clock()).toBe(wall())
    }
    set(hour)
    expect(clock()).toBe(wall())
  })

  it('goes on as if nothing had happened when the wall clock is set back an hour', () => {
    const { clock, pass, set } = machine()
    const before = clock()
    set(-hour)
    expect(clock()).toBe(before)
    pass(60_000)
    expect(clock() - before).toBeGreaterThan(59_000)
    expect(clock() - before).toBeLessThanOrEqual(60_000)
  })

  it('is right at once when the wall clock is set forward again', () => {
    const { clock, pass, set, wall } = machine()
    set(-hour)
    pass(600_000)
    clock()
    set(hour)
    expect(clock()).toBe(wall())
  })

  it('makes up for a small correction, so that many of them do not add up', () => {
    const { clock, pass, set, wall } = machine()
    for (let day = 0; day < 100; day++) {
      set(-500)
      for (let minute = 0; minute < 2; minute++) {
        pass(60_000)
        clock()
      }
    }
    expect(clock() - wall()).toBeLessThan(1)
  })

  it('never goes back, however often it is read and whatever the wall clock does', () => {
    const { clock, pass, set } = machine()
    let last = clock()
    for (let turn = 0; turn < 1000; turn++) {
      pass((turn * 7) % 13)
      set(((turn * 31) % 17) * (turn % 2 ? 100 : -100))
      const now = clock()
      expect(now).toBeGreaterThanOrEqual(last)
      last = now
    }
  })

  it('goes on from a later time that it is told, and from none that is earlier', () => {
    const { clock, pass } = machine()
    const now = clock()
    clock.raise(now + hour)
    expect(clock()).toBe(now + hour)
    clock.raise(now)
    pass(1000)
    expect(clock()).toBeGreaterThan(now + hour)
  })
})
