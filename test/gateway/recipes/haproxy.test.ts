/** A real HAProxy with examples/gateways/haproxy. */
import { haproxy } from './asking.ts'
import { describeRecipe } from './suite.ts'

describeRecipe(haproxy)
