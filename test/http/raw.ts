import { connect } from 'node:net'
import { text } from 'node:stream/consumers'

/** Sends bytes as they are and answers all that came back, for what no HTTP client would send. */
export async function raw(port: number, request: string | Buffer): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.write(request)
  return text(socket)
}
