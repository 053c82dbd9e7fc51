/** What passwords cost is paid once, and before the transaction that would hold up everybody else meanwhile. */

interface Hasher {
  hash(password: string): Promise<string>
  verify(password: string, phc: string | null): Promise<boolean>
}

export interface Passwords {
  readonly hash: (password: string) => Promise<string>
  readonly matches: (password: string, hash: string | null) => Promise<boolean>
}

export function createPasswords(hasher: Hasher): Passwords {
  return {
    hash: once((password) => hasher.hash(password)),
    matches: once(async (password, hash) => hash !== null && hasher.verify(password, hash)),
  }
}

function once<A extends unknown[], R>(work: (...given: A) => Promise<R>): (...given: A) => Promise<R> {
  const known = new Map<string, Promise<R>>()
  return (...given) => {
    const key = JSON.stringify(given)
    const found = known.get(key) ?? work(...given)
    known.set(key, found)
    return found
  }
}
