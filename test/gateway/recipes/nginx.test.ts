/** A real nginx with examples/gateways/nginx. */
import { freePort } from '../../support/broker.ts'
import { startNginx } from '../../support/nginx.ts'
import { recipeFile } from './recipe.ts'
import { describeRecipe } from './suite.ts'

describeRecipe({
  name: 'nginx',
  async start({ broker, api, secret }) {
    const port = await freePort()
    const file = await recipeFile('nginx/gatehouse.conf', [
      ['127.0.0.1:3000', `127.0.0.1:${broker}`],
      ['127.0.0.1:3003', `127.0.0.1:${api}`],
      ['127.0.0.1:8080', `127.0.0.1:${port}`],
      ['X-Gatehouse-Gateway "";\n\n', `X-Gatehouse-Gateway "${secret}";\n\n`],
    ])
    return startNginx(file, port)
  },
})
