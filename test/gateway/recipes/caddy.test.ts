/** A real Caddy with examples/gateways/caddy. */
import { freePort } from '../../support/broker.ts'
import { startProgram } from '../../support/program.ts'
import { recipeFile } from './recipe.ts'
import { describeRecipe } from './suite.ts'

describeRecipe({
  name: 'Caddy',
  async start({ broker, api, secret }) {
    const port = await freePort()
    const file = await recipeFile('caddy/Caddyfile', [
      ['127.0.0.1:3000', `127.0.0.1:${broker}`],
      ['127.0.0.1:3003', `127.0.0.1:${api}`],
      ['api.example.com:8080', `api.example.com:${port}`],
      ['"none"', `"${secret}"`],
    ])
    return startProgram({
      name: 'caddy',
      port,
      // Nothing else of the machine's, and no port for administrators.
      files: () => ({ Caddyfile: `{\n\tadmin off\n\tdefault_bind 127.0.0.1\n}\n${file}` }),
      command: () => ['run', '--adapter', 'caddyfile', '--config', 'Caddyfile'],
      farewell: 'SIGTERM',
    })
  },
})
