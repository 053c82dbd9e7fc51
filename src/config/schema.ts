import { z } from 'zod'

const duration = z.int().min(1)

/** Every setting. config/default.yaml has their defaults and comments; a test keeps the two equal. */
export const Config = z
  .strictObject({
    /** The public URL. Every token says it was issued here, so it is written down, never guessed. */
    issuer: z
      .url({ protocol: /^https?$/ })
      .refine((value) => !/[?#]/.test(value), 'must have no query and no fragment'),
    allow_insecure: z.boolean(),
    listen: z.strictObject({ host: z.string().min(1), port: z.int().min(0).max(65535) }),
    database_url: z.string().regex(/^(sqlite:.+|postgres(ql)?:\/\/.+)$/, 'must be sqlite:PATH or postgres://…'),
    redis_url: z
      .string()
      .regex(
        /^(rediss?|redis\+sentinel|redis\+cluster):\/\/.+$/,
        'must be redis://, rediss://, redis+sentinel:// or redis+cluster://',
      )
      .nullable(),
    workers: z.union([z.literal('auto'), z.int().min(1)]),
    /** 32 bytes each, base64; the first encrypts, all decrypt. `null`: generated beside the embedded store. */
    secret_keys: z
      .array(z.base64().refine((value) => Buffer.from(value, 'base64').length === 32, 'must be 32 bytes in base64'))
      .min(1)
      .nullable(),
    bootstrap: z.strictObject({
      admin: z.strictObject({ username: z.string().min(1).max(255), password: z.string().min(8).max(1024).nullable() }),
      client: z.strictObject({ id: z.string().min(1).max(255), secret: z.string().min(16).max(1024) }).nullable(),
    }),
    /** Peers, as addresses or CIDR ranges. */
    trusted_proxies: z.array(z.union([z.literal('loopback'), z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()])),
    log_level: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
    /** Seconds. */
    lifetimes: z.strictObject({
      access_token: duration,
      id_token: duration,
      authorization_code: duration.max(60),
      refresh_token: duration,
      offline_refresh_token: duration,
      refresh_grace: z.int().min(0).max(60),
      session_idle: duration,
      session_absolute: duration,
      interaction: duration,
      trip: duration,
      trace: duration,
    }),
    tokens: z.strictObject({ max_bytes: z.int().min(1024), clock_tolerance: z.int().min(0).max(60) }),
    sign_in: z.strictObject({
      /** Failed attempts per window for one user name, and for one network address, before further ones wait. */
      max_attempts_per_user: z.int().min(1),
      max_attempts_per_address: z.int().min(1),
      attempt_window: duration,
    }),
    outbound: z.strictObject({ timeout: duration, max_response_bytes: z.int().min(1024) }),
  })
  .superRefine((config, context) => {
    const issuer = URL.canParse(config.issuer) ? new URL(config.issuer) : undefined
    const loopback = issuer && /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(issuer.hostname)
    if (issuer?.protocol === 'http:' && !loopback && !config.allow_insecure) {
      context.addIssue({
        code: 'custom',
        path: ['issuer'],
        message: 'must be https, unless it is loopback or allow_insecure is true',
      })
    }
  })

export type Config = Readonly<z.infer<typeof Config>>
