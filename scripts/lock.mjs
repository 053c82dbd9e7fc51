import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

const patience = 15 * 60_000

/**
 * Runs `work` while no other process does. The lock is a file that holds its owner's process id; what a
 * killed process left behind is taken away.
 */
export async function alone(file, work) {
  const mine = `${file}.${process.pid}`
  writeFileSync(mine, String(process.pid))
  try {
    await acquire(file, mine)
    try {
      return await work()
    } finally {
      rmSync(file, { force: true })
    }
  } finally {
    rmSync(mine, { force: true })
  }
}

async function acquire(file, mine) {
  const until = Date.now() + patience
  for (let said = false; !taken(file, mine); said = true) {
    const owner = read(file)
    if (owner && !alive(Number(owner))) {
      discard(file, owner)
      continue
    }
    if (Date.now() > until)
      throw new Error(`Process ${owner} has been installing for too long. If it is not, remove ${file}.`)
    if (!said) console.error(`Waiting for process ${owner}, which is installing …`)
    await sleep(200)
  }
}

// A link appears whole, with its content, or not at all; of two at once one succeeds.
function taken(file, mine) {
  try {
    linkSync(mine, file)
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  }
}

// Between our look and the removal another process may have discarded the same remains and begun: then give it back.
function discard(file, owner) {
  const remains = `${file}.left-by-${owner}-found-by-${process.pid}`
  try {
    renameSync(file, remains)
  } catch (error) {
    if (error.code === 'ENOENT') return
    throw error
  }
  if (read(remains) !== owner) taken(file, remains)
  rmSync(remains, { force: true })
}

function read(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (error.code === 'ENOENT') return ''
    throw error
  }
}

function alive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}
