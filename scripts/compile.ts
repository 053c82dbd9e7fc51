/** Compiles what a start needs, after an installation, so that the first start is as quick as the later ones. */
import '../src/startup/keep-compiled.mjs'

await import('../src/app.ts')
await import('../src/config/load.ts')
