import type { StoreHealth } from '../../operations/store-health.ts'
import type { Connection } from './connection.ts'

const oldest = [6, 2] as const

/** Whether these servers can be relied on with what must not be forgotten. */
export const redisHealth = (connection: Connection): StoreHealth => ({
  name: 'redis',
  async check() {
    const [infos, times] = await Promise.all([connection.askPrimaries('info'), connection.askPrimaries('time')])
    const problem = infos.map((info) => problemOf(String(info))).find((found) => found !== undefined)
    const [time] = times.map((answer) => {
      const [seconds, microseconds] = (answer as readonly string[]).map(Number)
      return (seconds ?? 0) * 1000 + Math.floor((microseconds ?? 0) / 1000)
    })
    return { ...(problem && { problem }), ...(time !== undefined && { time }) }
  },
})

function problemOf(info: string): string | undefined {
  const field = (name: string) => new RegExp(`^${name}:(.*)$`, 'm').exec(info)?.[1]?.trim()
  const version = field('redis_version') ?? ''
  if (isOlder(version)) return `Redis must be ${oldest.join('.')} or newer, and this is ${version}`
  const policy = field('maxmemory_policy')
  if (policy !== undefined && policy !== 'noeviction') {
    return `Redis has the maxmemory-policy ${policy}: it would drop sessions and revocations when memory is short. Set it to noeviction`
  }
  return undefined
}

function isOlder(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major < oldest[0] || (major === oldest[0] && minor < oldest[1])
}
