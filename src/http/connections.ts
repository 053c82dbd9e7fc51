import type { Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

interface Connection {
  hasAsked: boolean
  /** In the order of the requests: whoever does not wait for the answer to one may have sent the next. */
  readonly underWay: ServerResponse[]
}

export interface Connections {
  /** To be told of each answer before it is made. */
  begin(answer: ServerResponse): void
  /** The answers under way, on one connection or on all. */
  underWay(of?: Socket): readonly ServerResponse[]
  /** Those that have not asked anything yet: the server takes them for busy. */
  mute(): readonly Socket[]
}

/**
 * What is open, and what is to be answered there. Each connection has a list of its own: one set of all answers would make
 * a new table every few dozen requests, and the old ones kept a tenth of what requests allocate until the next full collection.
 */
export function watchConnections(server: Server): Connections {
  const all = new Map<Socket, Connection>()
  // One for all of them: there are thousands a second.
  function isOver(this: ServerResponse): void {
    const underWay = all.get(this.req.socket)?.underWay
    underWay?.splice(underWay.indexOf(this), 1)
  }
  server.on('connection', (socket: Socket) => {
    all.set(socket, { hasAsked: false, underWay: [] })
    socket.once('close', () => all.delete(socket))
  })

  return {
    begin(answer) {
      answer.on('close', isOver)
      const connection = all.get(answer.req.socket)
      if (!connection) return
      connection.hasAsked = true
      connection.underWay.push(answer)
    },
    underWay: (of) => (of ? (all.get(of)?.underWay ?? []) : [...all.values()].flatMap(({ underWay }) => underWay)),
    mute: () => [...all].flatMap(([socket, { hasAsked }]) => (hasAsked ? [] : [socket])),
  }
}
