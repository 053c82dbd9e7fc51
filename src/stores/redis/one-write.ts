import { type Client, servers } from './client.ts'

/**
 * What is asked in one turn of the event loop leaves in one write to each server, whoever asks it. To be called before
 * each command. ioredis' own way to do so (`enableAutoPipelining`) makes objects of which a tenth of all that requests
 * allocate hangs, until the next full collection.
 */
export function createOneWrite(client: Client): () => void {
  let isHeld = false
  return () => {
    if (isHeld) return
    isHeld = true
    const streams = servers(client).flatMap(({ stream }) => stream ?? [])
    for (const stream of streams) stream.cork()
    setImmediate(() => {
      isHeld = false
      for (const stream of streams) stream.uncork()
    })
  }
}
