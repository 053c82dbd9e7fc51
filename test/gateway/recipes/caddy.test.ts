/** A real Caddy with examples/gateways/caddy. */
import { caddy } from './asking.ts'
import { describeRecipe } from './suite.ts'

describeRecipe(caddy)
