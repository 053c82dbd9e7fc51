import type { RequestHandler } from 'express'
import { CannotMask, readMasks } from './mask.ts'
import { cannotMask, maskResponse } from './mask-response.ts'

/** The first middleware of an API behind the gateway. Whatever has not come by it is answered with 500 and goes no further. */
export const maskForExpress: RequestHandler = (request, response, next) => {
  try {
    maskResponse(request, response, readMasks(request.headers['x-auth-mask']))
  } catch (error) {
    if (!(error instanceof CannotMask)) throw error
    console.error(error.message)
    response.status(500).type('application/json').send(cannotMask)
    return
  }
  next()
}
