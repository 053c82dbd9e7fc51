/** What app.ts loads only when it listens: everything that people, administrators and gateways ask for. */
export { adminRoutes } from '../admin/admin.ts'
export { createAuthorise } from '../admin/authorise.ts'
export { createEraseTraces } from '../traces/erasure.ts'
export { assembleConsole } from './console.ts'
export { assembleGateway } from './gateway.ts'
export { assembleSignIn } from './sign-in.ts'
export { assembleTestLogins } from './test-logins.ts'
