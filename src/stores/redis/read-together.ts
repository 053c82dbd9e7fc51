import type { Connection } from './connection.ts'

/**
 * Values by their keys: one `MGET` for all that one turn of the event loop asks for, since most of what a command costs is
 * the command itself. What several ask for, such as the mark of a client whose tokens they have, is asked for once.
 */
export function createReadTogether({ send, atTheEnd }: Pick<Connection, 'send' | 'atTheEnd'>) {
  /** By key, where in the answer its value will be. */
  let places = new Map<string, number>()
  let answer: Promise<readonly unknown[]> | undefined

  const ask = (): Promise<readonly unknown[]> =>
    new Promise((resolve) => {
      atTheEnd(() => {
        const asked = places
        places = new Map()
        answer = undefined
        resolve(send('mget', ...asked.keys()) as Promise<readonly unknown[]>)
      })
    })

  function placeOf(key: string): number {
    const known = places.get(key)
    if (known !== undefined) return known
    const place = places.size
    places.set(key, place)
    return place
  }

  return (keys: readonly string[]): Promise<readonly unknown[]> => {
    const wanted = keys.map(placeOf)
    answer ??= ask()
    return answer.then((values) => wanted.map((place) => values[place]))
  }
}
