import type { Connection } from './connection.ts'

/**
 * Values by their keys: one `MGET` for all that one turn of the event loop asks for, since most of what a command costs is
 * the command itself.
 */
export function createReadTogether({ send, atTheEnd }: Pick<Connection, 'send' | 'atTheEnd'>) {
  let asked: string[] = []
  let answer: Promise<readonly unknown[]> | undefined

  const ask = (): Promise<readonly unknown[]> =>
    new Promise((resolve) => {
      atTheEnd(() => {
        const all = asked
        asked = []
        answer = undefined
        resolve(send('mget', ...all) as Promise<readonly unknown[]>)
      })
    })

  return (keys: readonly string[]): Promise<readonly unknown[]> => {
    const from = asked.length
    asked.push(...keys)
    answer ??= ask()
    return answer.then((values) => values.slice(from, from + keys.length))
  }
}
