import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http'

const second = 1000

export type Limits = Required<
  Pick<
    ServerOptions,
    'maxHeaderSize' | 'headersTimeout' | 'requestTimeout' | 'keepAliveTimeout' | 'connectionsCheckingInterval'
  >
>

/**
 * An HTTP server that no slow or large request can tie up: `header` counts the request line and all headers
 * (431 beyond), times are for a whole head, a whole request and an idle connection (408 beyond). Bodies have
 * limits of their own where they are read.
 */
export const limits: Limits = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 10 * second,
  requestTimeout: 30 * second,
  // Longer than the minute for which load balancers commonly keep theirs, so that they end it and not we.
  keepAliveTimeout: 65 * second,
  connectionsCheckingInterval: 2 * second,
}

export const createHttpServer = (handler: RequestListener, overrides: Partial<Limits> = {}): Server =>
  createServer({ ...limits, ...overrides }, handler)
