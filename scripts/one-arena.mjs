/**
 * Has glibc keep one place for memory instead of several for each of a dozen threads, of which it gives back little: that
 * is a tenth of the memory under load; and the hash of a password costs a tenth less where its 19 MiB are at hand. glibc
 * reads it from the environment before anything of ours runs, so the process becomes itself once more (40 ms). Preloaded
 * by `npm start`; whoever has set the variable has decided.
 */
if (process.platform === 'linux' && process.env.MALLOC_ARENA_MAX === undefined) {
  const command = [process.execPath, ...process.execArgv, ...process.argv.slice(1)]
  process.execve?.(process.execPath, command, { ...process.env, MALLOC_ARENA_MAX: '1' })
}
