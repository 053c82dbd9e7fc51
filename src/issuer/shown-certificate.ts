import type { X509Certificate } from 'node:crypto'
import type { KoaContextWithOIDC } from 'oidc-provider'
import type { CallersCertificate } from '../http/certificates/callers-certificate.ts'
import { stateOf } from './request-state.ts'

/** As the library asks for it. What is wrong with it, the client is told with the *no* that comes of its being absent. */
export const shownCertificate =
  (certificateOf: CallersCertificate) =>
  (ctx: KoaContextWithOIDC): X509Certificate | undefined => {
    const found = certificateOf(ctx.req)
    if (typeof found !== 'string') return found?.leaf
    stateOf(ctx).refused ??= found
    return undefined
  }
