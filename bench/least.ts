/**
 * The least that a server in Node.js can do about a question, without any product around it: what this machine allows.
 * `node bench/least.ts PORT [REDIS_URL]`, asked by bench/ceilings.ts.
 */
import { generateKeyPairSync, sign, verify } from 'node:crypto'
import { createServer, type ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { Redis } from 'ioredis'

const [port = '0', redisUrl] = process.argv.slice(2)
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const signs = promisify(sign)
/** As long as a person's claims. */
const text = Buffer.alloc(1200, 'x')
const signature = sign('sha256', text, privateKey)
const redis = redisUrl === undefined ? undefined : new Redis(redisUrl, { enableAutoPipelining: true })

const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const signed = `${encoded({ alg: 'RS256', typ: 'JWT' })}.${encoded({ sub: 'x'.repeat(800) })}`
const token = `${signed}.${sign('sha256', Buffer.from(signed), privateKey).toString('base64url')}`

/** As many headers, and as long, as an answer of `/verify` has. */
const headers = {
  'Content-Security-Policy': `default-src 'none'; ${'x'.repeat(200)}`,
  'Permissions-Policy': 'x'.repeat(64),
  'X-Request-Id': 'x'.repeat(36),
  ...Object.fromEntries(Array.from({ length: 19 }, (_, index) => [`X-Header-Of-This-${index}`, 'x'.repeat(10)])),
}
const lines = Object.entries(headers).flat()

const done = (res: ServerResponse) => void res.writeHead(204).end()
const tell = (res: ServerResponse, body: string) => void res.writeHead(200).end(body)
const after = (work: () => Promise<unknown> | undefined) => (res: ServerResponse) =>
  Promise.resolve(work()).then(() => done(res))
const make = () => signs('sha256', text, privateKey)

const answers: Readonly<Record<string, (res: ServerResponse) => unknown>> = {
  '/empty': done,
  '/headers': (res) => void res.writeHead(204, lines).end(),
  '/look': after(() => redis?.get('nothing')),
  '/verify'(res) {
    verify('sha256', text, publicKey, signature)
    done(res)
  },
  '/sign': after(make),
  '/sign-twice': after(() => Promise.all([make(), make()])),
  '/jwks': (res) => tell(res, JSON.stringify({ keys: [publicKey.export({ format: 'jwk' })] })),
  '/token': (res) => tell(res, token),
}

createServer((req, res) => answers[req.url ?? '']?.(res)).listen(Number(port), '127.0.0.1')
