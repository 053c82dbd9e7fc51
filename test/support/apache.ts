import { join } from 'node:path'
import { type Running, startProgram } from './program.ts'

const modules =
  'mpm_event authn_core authz_core authz_user headers proxy proxy_http setenvif env alias asis rewrite'.split(' ')

/**
 * Apache with a configuration of ours, which listens at `port`, and one more module. `files` lie in the folder that the
 * configuration knows as /etc/apache2/gatehouse.
 */
export async function startApache(
  site: string,
  port: number,
  more: 'auth_openidc' | 'oauth2',
  files: Readonly<Record<string, string>> = {},
): Promise<Running> {
  const configuration = (folder: string) => `
    ServerRoot ${folder}
    ServerName localhost
    DefaultRuntimeDir ${folder}
    PidFile ${join(folder, 'pid')}
    ErrorLog ${join(folder, 'error.log')}
    LogLevel info
    User www-data
    Group www-data
    StartServers 1
    ThreadsPerChild 16
    MinSpareThreads 1
    MaxRequestWorkers 16
    ${[...modules, more].map((name) => `LoadModule ${name}_module ${join(folderOfModules, `mod_${name}.so`)}`).join('\n')}
    ${site.replaceAll('/etc/apache2/gatehouse', folder)}`
  return startProgram({
    name: 'apache',
    port,
    files: (folder) => ({ 'apache.conf': configuration(folder), ...files }),
    isReadable: true,
    command: (folder) => ['-D', 'FOREGROUND', '-f', join(folder, 'apache.conf')],
    log: 'error.log',
    farewell: 'SIGTERM',
  })
}

// As programs.mjs wants it.
const folderOfModules = '/usr/lib/apache2/modules'
