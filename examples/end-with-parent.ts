// Loaded into every process of the demo: its standard input ends when the demo does, however that ended.
process.stdin.once('end', () => process.kill(process.pid, 'SIGTERM'))
process.stdin.resume()
process.stdin.unref()
