import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'

/**
 * Stands before a server and counts how often somebody asks it and waits for the answer, over all connections.
 * @param distance milliseconds that an answer is under way: whatever is asked meanwhile travels in the same trip.
 */
export async function startTripMeter(target: URL, distance = 5) {
  let trips = 0
  let waiting = 0
  const sockets = new Set<Socket>()

  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname)
    let asking = false
    near.on('data', (bytes) => {
      if (waiting === 0) trips += 1
      if (!asking) waiting += 1
      asking = true
      far.write(bytes)
    })
    far.on('data', async (bytes) => {
      await wait(distance)
      if (asking) waiting -= 1
      asking = false
      near.write(bytes)
    })
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one.setNoDelay())
      one.on('error', () => other.destroy()).on('close', () => other.destroy())
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = new URL(target)
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`

  return {
    url: url.href,
    async during(work: () => Promise<unknown>): Promise<number> {
      const before = trips
      await work()
      return trips - before
    },
    async [Symbol.asyncDispose]() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
