import { join } from 'node:path'
import { type Running, startProgram } from './program.ts'

const modules = 'mpm_event authn_core authz_core authz_user headers proxy proxy_http setenvif env'.split(' ')

/** Apache with a configuration of ours, which listens at `port`, and one more module. */
export async function startApache(site: string, port: number, more: 'auth_openidc' | 'oauth2'): Promise<Running> {
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
    ${site}`
  return startProgram({
    name: 'apache',
    port,
    files: (folder) => ({ 'apache.conf': configuration(folder) }),
    command: (folder) => ['-D', 'FOREGROUND', '-f', join(folder, 'apache.conf')],
    log: 'error.log',
    farewell: 'SIGTERM',
  })
}

// As programs.mjs wants it.
const folderOfModules = '/usr/lib/apache2/modules'
