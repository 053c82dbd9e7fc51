import { z } from 'zod'

// A hundred years: further off, dates and timers are none any more.
const duration = z.int().min(1).max(3_155_760_000)
/** For which something waits. */
const patience = z.int().min(1).max(3600)
const count = z.int().min(1)

const peer = z.union(
  [z.literal('loopback'), z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()],
  'must be loopback, an IP address, or a range such as 10.0.0.0/8',
)

/** What can be sent in a header as it stands. */
const credential = z.string().regex(/^[!-~]*$/, 'must be printable ASCII without blanks')

/** Clients compare it with what they make of it. */
const isNormal = (url: string): boolean =>
  !/^https?:\/\//i.test(url) || !URL.canParse(url) || new URL(url).href.replace(/\/$/, '') === url.replace(/\/$/, '')

const isBase64 = (value: string): boolean => z.base64().safeParse(value).success

// One problem at a time, but without zod's `abort`: that would keep the rules below from being asked.
const secretKey = z
  .string()
  .refine(isBase64, 'must be base64')
  .refine((value) => !isBase64(value) || Buffer.from(value, 'base64').length === 32, 'must be 32 bytes in base64')

const shape = z.strictObject({
  /** The public URL. Every token says it was issued here, so it is written down, never guessed. */
  issuer: z
    .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
    .refine((value) => !/[?#@]/.test(value), 'must have no query, no fragment and no user name')
    .refine((value) => !value.endsWith('/'), 'must not end with a slash')
    .refine(
      (value) => /[?#@]/.test(value) || isNormal(value),
      'must be in its normal form: scheme and host in small letters, no default port, no dots as folders, the rest escaped',
    ),
  allow_insecure: z.boolean('must be true or false'),
  listen: z.strictObject({ host: z.string().min(1), port: z.int().min(0).max(65535) }),
  database_url: z.string().regex(/^(sqlite:.+|postgres(ql)?:\/\/.+)$/, 'must be sqlite:PATH or postgres://…'),
  database_connections: count,
  redis_url: z
    .string()
    .regex(
      /^(rediss?|redis\+sentinel|redis\+cluster):\/\/.+$/,
      'must be redis://, rediss://, redis+sentinel:// or redis+cluster://',
    )
    .nullable(),
  workers: z.union([z.literal('auto'), count], 'must be auto, or a whole number from 1'),
  /** Seconds. */
  shutdown: z.strictObject({ drain: z.int().min(0).max(3600), timeout: patience }),
  /** The first encrypts, all decrypt. `null`: generated beside the embedded store. */
  secret_keys: z.array(secretKey).min(1).nullable(),
  bootstrap: z.strictObject({
    /** `password` null: generated, and printed once. */
    admin: z.strictObject({ username: z.string().min(1).max(255), password: z.string().min(8).max(1024).nullable() }),
    client: z.strictObject({ id: z.string().min(1).max(255), secret: z.string().min(8).max(1024) }).nullable(),
  }),
  /** Peers that may ask `/verify`, and whose forwarding headers are believed. */
  trusted_proxies: z.array(peer),
  gateway: z.strictObject({
    /** By which gateways prove that they are ours (`X-Gatehouse-Gateway`). */
    secrets: z.array(credential.min(32, 'must have at least 32 characters').max(255)),
    /** What every gateway that has a secret writes or removes: then it is the caller's certificate. */
    certificate_headers: z.array(
      z.enum(['client-cert', 'x-gatehouse-client-cert', 'x-forwarded-client-cert', 'x-forwarded-tls-client-cert']),
    ),
  }),
  log_level: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
  metrics: z.strictObject({
    enabled: z.boolean('must be true or false'),
    /** `null`: for trusted proxies that ask for themselves. */
    token: credential.min(16, 'must have at least 16 characters').max(255).nullable(),
  }),
  /** OpenTelemetry. */
  tracing: z.strictObject({
    otlp_endpoint: z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }).nullable(),
    service_name: z.string().min(1).max(255),
    headers: z.record(
      z.string().regex(/^[\w-]+$/, 'must be the name of a header'),
      z.string().regex(/^[\t -~]*$/, 'must be printable ASCII'),
      'must be names with values (name=value, comma-separated, each percent-encoded)',
    ),
    sample_ratio: z.number().min(0).max(1),
  }),
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
    audit: duration.nullable(),
  }),
  /** Seconds. */
  signing_keys: z.strictObject({ active_for: duration, published_before: duration, retiring_for: duration }),
  /** Bytes; seconds. */
  tokens: z.strictObject({ max_bytes: z.int().min(1024), clock_tolerance: z.int().min(0).max(60) }),
  sign_in: z.strictObject({
    /** Failed attempts per window for one user name, and for one network address, before further ones wait. */
    max_attempts_per_user: count,
    max_attempts_per_address: count,
    attempt_window: duration,
    /** Of local users: whether administrators among them need one before the console opens. */
    second_factor: z.enum(['optional', 'required_for_administrators']),
  }),
  console: z.strictObject({
    /** Seconds. */
    session_idle: duration,
    reauthenticate_after: duration,
  }),
  backchannel_logout: z.strictObject({
    /** Of clients' backchannel_logout_uri. */
    private_hosts: z.array(z.string().min(1).max(255)),
    attempts: count.max(10),
    /** Seconds. */
    retry_after: duration.max(600),
  }),
  /** Seconds; bytes. */
  outbound: z.strictObject({ timeout: patience, max_response_bytes: z.int().min(1024) }),
})

type Shape = z.infer<typeof shape>

// Only the members that a rule reads need be right for it to be asked: so every problem is found at once.
const given =
  (...names: readonly (keyof Shape)[]) =>
  ({ value }: { readonly value: unknown }): boolean =>
    names.every((name) => shape.shape[name].safeParse((value as Partial<Shape> | undefined)?.[name]).success)

const loopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/

/** Every setting. config/default.yaml has their defaults and comments; a test keeps the two equal. */
export const Config = shape
  .refine(
    ({ issuer, allow_insecure }) =>
      !/^http:/i.test(issuer) || allow_insecure === true || loopback.test(new URL(issuer).hostname),
    {
      path: ['issuer'],
      message: 'must be https, unless it is loopback or allow_insecure is true',
      // Whatever else is wrong with it, as long as it is a URL.
      when: ({ value }) => z.url().safeParse((value as Partial<Shape> | undefined)?.issuer).success,
    },
  )
  .refine(({ database_url, secret_keys }) => database_url.startsWith('sqlite:') || secret_keys !== null, {
    path: ['secret_keys'],
    message: 'must be given (GATEHOUSE_SECRET_KEY), unless database_url is sqlite:PATH',
    when: given('database_url', 'secret_keys'),
  })
  .refine(({ database_url, workers }) => database_url !== 'sqlite::memory:' || workers === 1, {
    path: ['workers'],
    message: 'must be 1 with database_url sqlite::memory:, which each process would have for itself',
    when: given('database_url', 'workers'),
  })
  .refine(({ lifetimes }) => lifetimes.session_idle <= lifetimes.session_absolute, {
    path: ['lifetimes', 'session_idle'],
    message: 'must not be longer than lifetimes.session_absolute',
    when: given('lifetimes'),
  })
  .refine(
    ({ lifetimes: { access_token, id_token, session_absolute }, signing_keys: { retiring_for } }) =>
      retiring_for >= Math.max(access_token, id_token, session_absolute),
    {
      path: ['signing_keys', 'retiring_for'],
      message: 'must not be shorter than lifetimes.access_token, .id_token and .session_absolute',
      when: given('lifetimes', 'signing_keys'),
    },
  )

export type Config = Readonly<z.infer<typeof Config>>
