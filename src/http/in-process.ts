/**
 * Our own routes, asked without a network: the same listener, through the same parser, over a pair of streams. So whoever
 * asks is answered as any caller is, whatever proxy stands before us and wherever we listen.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, request } from 'node:http'
import type { Socket } from 'node:net'
import { duplexPair } from 'node:stream'

export interface Answered {
  readonly status: number
  readonly body: string
}

/** A form, by POST. */
export type AskInProcess = (path: string, form: Readonly<Record<string, string>>) => Promise<Answered>

/** @param listener is asked for only when there is a request. */
export function createAskInProcess(listener: () => RequestListener): AskInProcess {
  const server = createServer((req, res) => listener()(req, res))

  return async (path, form) => {
    const [near, far] = duplexPair()
    server.emit('connection', far)
    const body = new URLSearchParams(form).toString()
    const asking = request({
      // Nothing of a Socket is used that a Duplex does not have.
      createConnection: () => near as Socket,
      host: 'localhost',
      method: 'POST',
      path,
      headers: {
        Accept: 'application/json',
        'Content-Type': 'application/x-www-form-urlencoded',
        'Content-Length': Buffer.byteLength(body),
        Connection: 'close',
      },
    })
    asking.end(body)
    const [answer] = (await once(asking, 'response')) as [IncomingMessage]
    const chunks: Buffer[] = []
    for await (const chunk of answer) chunks.push(chunk)
    near.destroy()
    return { status: answer.statusCode ?? 0, body: Buffer.concat(chunks).toString() }
  }
}
