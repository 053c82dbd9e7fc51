/** The environment variables that set something, and how each is written. They win over every file. */
interface Variable {
  readonly path: string
  /** What the schema then judges: text that cannot be read stays as it is. */
  readonly read?: (text: string) => unknown
}

const number = (text: string): unknown => (/^-?\d*\.?\d+$/.test(text.trim()) ? Number(text) : text)
const boolean = (text: string): unknown => (text === 'true' ? true : text === 'false' ? false : text)
const list = (text: string): readonly string[] =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')

/** `name=value,other=value`, each percent-encoded, as OpenTelemetry writes headers. */
function headers(text: string): unknown {
  const pairs = list(text).map((item) => item.split(/=(.*)/s, 2).map((part) => part.trim()))
  if (pairs.some((pair) => pair.length < 2)) return text
  try {
    return Object.fromEntries(pairs.map(([name = '', value = '']) => [name, decodeURIComponent(value)]))
  } catch {
    return text
  }
}

export const variables: Readonly<Record<string, Variable>> = {
  GATEHOUSE_ISSUER: { path: 'issuer' },
  GATEHOUSE_ALLOW_INSECURE: { path: 'allow_insecure', read: boolean },
  HOST: { path: 'listen.host' },
  PORT: { path: 'listen.port', read: number },
  DATABASE_URL: { path: 'database_url' },
  REDIS_URL: { path: 'redis_url' },
  GATEHOUSE_WORKERS: { path: 'workers', read: number },
  GATEHOUSE_SECRET_KEY: { path: 'secret_keys', read: list },
  GATEHOUSE_BOOTSTRAP_ADMIN_USERNAME: { path: 'bootstrap.admin.username' },
  GATEHOUSE_BOOTSTRAP_ADMIN_PASSWORD: { path: 'bootstrap.admin.password' },
  GATEHOUSE_BOOTSTRAP_CLIENT_ID: { path: 'bootstrap.client.id' },
  GATEHOUSE_BOOTSTRAP_CLIENT_SECRET: { path: 'bootstrap.client.secret' },
  GATEHOUSE_TRUSTED_PROXIES: { path: 'trusted_proxies', read: list },
  GATEHOUSE_GATEWAY_SECRETS: { path: 'gateway.secrets', read: list },
  GATEHOUSE_GATEWAY_CERTIFICATE_HEADERS: { path: 'gateway.certificate_headers', read: list },
  LOG_LEVEL: { path: 'log_level' },
  GATEHOUSE_METRICS_TOKEN: { path: 'metrics.token' },
  OTEL_EXPORTER_OTLP_ENDPOINT: { path: 'tracing.otlp_endpoint' },
  OTEL_EXPORTER_OTLP_HEADERS: { path: 'tracing.headers', read: headers },
  OTEL_SERVICE_NAME: { path: 'tracing.service_name' },
  OTEL_TRACES_SAMPLER_ARG: { path: 'tracing.sample_ratio', read: number },
}

/** All that mean something; the last two set nothing by themselves. */
export const names: readonly string[] = [...Object.keys(variables), 'GATEHOUSE_CONFIG', 'GATEHOUSE_POSTGRES_TOOLS']

/** Names the files laid over config/default.yaml, in order. */
export const filesOf = (env: NodeJS.ProcessEnv): readonly string[] => list(env.GATEHOUSE_CONFIG ?? '')

export const variableFor = (path: string): string | undefined =>
  Object.keys(variables).find((name) => variables[name]?.path === path)

/** One value per variable that is set; set but empty counts as absent. */
export function settingsOf(env: NodeJS.ProcessEnv): readonly { name: string; path: string; value: unknown }[] {
  return Object.entries(variables).flatMap(([name, { path, read }]) => {
    const text = env[name]
    return text ? [{ name, path, value: read ? read(text) : text }] : []
  })
}
