/** A real nginx with examples/gateways/nginx. */
import { nginx } from './asking.ts'
import { describeRecipe } from './suite.ts'

describeRecipe(nginx)
