/**
 * The smallest honest oidc-provider: JWT access tokens for a resource, PKCE, rotating refresh tokens, and a login that
 * asks nobody anything. Not ours, but the measure of ours: `node bench/bare.ts PORT [REDIS_URL]`.
 */
import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import { Redis } from 'ioredis'
import { type Adapter, type AdapterPayload, type Configuration, Provider } from 'oidc-provider'

const [port = '0', redisUrl] = process.argv.slice(2)
const issuer = `http://localhost:${port}`
const resource = 'urn:bench:api'
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })

/** The usual adapter for Redis: a JSON value for each record, a list for each grant. */
function redisAdapter(redis: Redis): (model: string) => Adapter {
  const grantKey = (id: string) => `grant:${id}`
  return (model) => {
    const key = (id: string) => `${model}:${id}`
    const read = async (id: string): Promise<AdapterPayload | undefined> => {
      const text = await redis.get(key(id))
      return text === null ? undefined : JSON.parse(text)
    }
    return {
      async upsert(id, payload, expiresIn = 3600) {
        const multi = redis.multi().setex(key(id), expiresIn, JSON.stringify(payload))
        const { grantId, uid } = payload
        if (grantId) multi.rpush(grantKey(grantId), key(id)).expire(grantKey(grantId), expiresIn)
        if (uid) multi.setex(`uid:${uid}`, expiresIn, id)
        await multi.exec()
      },
      find: read,
      async findByUid(uid) {
        const id = await redis.get(`uid:${uid}`)
        return id === null ? undefined : read(id)
      },
      findByUserCode: async () => undefined,
      async consume(id) {
        const found = await read(id)
        if (found) await redis.set(key(id), JSON.stringify({ ...found, consumed: Date.now() / 1000 }), 'KEEPTTL')
      },
      async destroy(id) {
        await redis.del(key(id))
      },
      async revokeByGrantId(id) {
        await redis.del(grantKey(id), ...(await redis.lrange(grantKey(id), 0, -1)))
      },
    }
  }
}

const provider = new Provider(issuer, {
  ...(redisUrl && { adapter: redisAdapter(new Redis(redisUrl)) }),
  clients: [
    {
      client_id: 'bench',
      client_secret: 'bench-secret-bench-secret',
      grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
      redirect_uris: ['https://app.example/callback'],
    },
  ],
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256' }] } as NonNullable<
    Configuration['jwks']
  >,
  cookies: { keys: ['bench'] },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: (ctx) => (ctx.oidc.params?.scope === 'opaque' ? [] : resource),
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({
        scope: 'openid profile email groups',
        audience: 'bench',
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: 'RS256' } },
      }),
    },
  },
  scopes: ['openid', 'profile', 'email', 'groups', 'opaque'],
  claims: { openid: ['sub', 'name', 'groups'] },
  findAccount: (_ctx, accountId) => ({
    accountId,
    claims: () => ({ sub: accountId, name: 'Rene Klomp', groups: ['Everyone', 'Consultant'] }),
  }),
  issueRefreshToken: () => true,
  rotateRefreshToken: true,
  expiresWithSession: () => true,
  async loadExistingGrant({ oidc }) {
    const known = oidc.session?.grantIdFor(oidc.client?.clientId ?? '')
    if (known) return oidc.provider.Grant.find(known)
    const { client, session } = oidc
    const grant = new oidc.provider.Grant({ clientId: client?.clientId ?? '', accountId: session?.accountId ?? '' })
    grant.addOIDCScope('openid profile email groups')
    grant.addResourceScope(resource, 'openid profile email groups')
    await grant.save()
    return grant
  },
  interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
  pkce: { required: () => true },
})
const answer = provider.callback()
createServer((req, res) => {
  if (!req.url?.startsWith('/interaction/')) return answer(req, res)
  return provider.interactionFinished(req, res, { login: { accountId: 'rene' } })
}).listen(Number(port), '127.0.0.1', () => console.log('ready'))
