/** What Node.js cannot read as a request reaches no middleware: it is answered, and told, here. */
import { type Server, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'

export interface Unreadable {
  readonly status: 400 | 408 | 413 | 431
  /** In a word, for the log and the metrics. */
  readonly error: string
  /** The peer's, whatever it says of others. */
  readonly address: string
}

const known: Readonly<Record<string, Omit<Unreadable, 'address'>>> = {
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, error: 'request_timeout' },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: { status: 413, error: 'request_too_large' },
  HPE_HEADER_OVERFLOW: { status: 431, error: 'request_head_too_large' },
}
const malformed: Omit<Unreadable, 'address'> = { status: 400, error: 'malformed_request' }

interface Needs {
  /** Whether a request on this connection has been begun to be answered: then it can have no other answer. */
  readonly isAnswered: (socket: Socket) => boolean
  readonly tell: (unreadable: Unreadable) => void
}

/** Answers as Node.js does by itself while nobody listens for these errors, and ends the connection. */
export function answerUnreadable(server: Server, { isAnswered, tell }: Needs): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    const { code = '' } = error
    const why = known[code] ?? (code.startsWith('HPE_') ? malformed : undefined)
    // Otherwise the connection broke.
    if (why) {
      tell({ ...why, address: socket.remoteAddress ?? '' })
      if (socket.writable && !isAnswered(socket))
        socket.write(`HTTP/1.1 ${why.status} ${STATUS_CODES[why.status]}\r\nConnection: close\r\n\r\n`)
    }
    socket.destroy(error)
  })
}
