import { join } from 'node:path'
import { type Running, startProgram } from './program.ts'

/** nginx with a configuration of ours. `http` is what stands in its http block, and listens at `port`. */
export async function startNginx(http: string, port: number): Promise<Running> {
  const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  const configuration = (folder: string) => `
    daemon off; master_process off; worker_processes 1; pid ${join(folder, 'pid')}; error_log ${join(folder, 'error.log')};
    events { worker_connections 128; }
    http { access_log off; ${kinds.map((kind) => `${kind}_temp_path ${join(folder, kind)};`).join('\n')}\n${http} }`
  return startProgram({
    name: 'nginx',
    port,
    files: (folder) => ({ 'nginx.conf': configuration(folder) }),
    command: (folder) => ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', join(folder, 'error.log')],
    log: 'error.log',
    farewell: 'SIGQUIT',
  })
}
