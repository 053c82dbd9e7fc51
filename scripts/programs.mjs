/** The programs that only the tests need: where each is found, and what brings it on Debian. */
import { accessSync, constants, existsSync, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** By name; `variable` names one in particular. */
export const programs = {
  chromium: {
    title: 'Chromium or Chrome',
    variable: 'CHROMIUM',
    files: ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'Chromium', 'Google Chrome'],
    folders: () => ['/Applications/Chromium.app/Contents/MacOS', '/Applications/Google Chrome.app/Contents/MacOS'],
    debian: ['chromium', 'fonts-liberation'],
  },
  redis: {
    title: 'Redis',
    variable: 'REDIS_SERVER',
    files: ['redis-server'],
    folders: () => [],
    debian: ['redis-server'],
  },
  postgres: {
    title: 'PostgreSQL',
    variable: 'POSTGRES',
    files: ['postgres'],
    // Debian keeps each version's programs in a folder of its own, which is on nobody's path.
    folders: () => versionsIn('/usr/lib/postgresql').map((version) => `/usr/lib/postgresql/${version}/bin`),
    debian: ['postgresql'],
  },
  nginx: {
    title: 'nginx',
    variable: 'NGINX',
    files: ['nginx'],
    // Where Debian keeps what only administrators run.
    folders: () => ['/usr/sbin', '/usr/local/sbin'],
    debian: ['nginx-light'],
  },
  caddy: {
    title: 'Caddy',
    variable: 'CADDY',
    files: ['caddy'],
    folders: () => [],
    debian: ['caddy'],
  },
  haproxy: {
    title: 'HAProxy',
    variable: 'HAPROXY',
    files: ['haproxy'],
    folders: () => ['/usr/sbin', '/usr/local/sbin'],
    debian: ['haproxy'],
  },
  apache: {
    title: 'Apache with mod_auth_openidc and mod_oauth2',
    variable: 'APACHE',
    files: ['apache2', 'httpd'],
    folders: () => ['/usr/sbin', '/usr/local/sbin'],
    // Where Debian keeps modules. An Apache from elsewhere is named by APACHE.
    besides: ['/usr/lib/apache2/modules/mod_auth_openidc.so', '/usr/lib/apache2/modules/mod_oauth2.so'],
    debian: ['apache2', 'libapache2-mod-auth-openidc', 'libapache2-mod-oauth2'],
  },
}

/**
 * The path of a program that the tests need: the one that its variable names (`CHROMIUM`, `REDIS_SERVER`, `POSTGRES`,
 * `NGINX` …), or else the first that is found. `undefined` when there is none, or none where the variable says.
 * @param {keyof typeof programs} name
 * @param {Readonly<Record<string, string | undefined>>} env
 * @returns {string | undefined}
 */
export function findProgram(name, env) {
  const { variable, files, folders, besides = [] } = programs[name]
  if (env[variable]) return executable(env[variable]) ? env[variable] : undefined
  if (!besides.every(existsSync)) return undefined
  const everywhere = [...(env.PATH ?? '').split(delimiter), '/usr/bin', '/usr/local/bin', ...folders()]
  return everywhere.flatMap((folder) => files.map((file) => join(folder, file))).find(executable)
}

/** The newest first. */
function versionsIn(folder) {
  try {
    return readdirSync(folder).sort((a, b) => Number(b) - Number(a))
  } catch {
    return []
  }
}

function executable(file) {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
