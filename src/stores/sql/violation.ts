/** A constraint of the schema said no. Dialects translate their own errors into this one; stores, into a refusal. */
export class Violation extends Error {
  override readonly name = 'Violation'
  readonly kind: 'unique' | 'reference'
  /** What the engine names: the columns or the constraint, which is named after its columns. */
  readonly detail: string

  constructor(kind: 'unique' | 'reference', detail: string, options?: ErrorOptions) {
    super(`The ${kind} constraint was violated: ${detail}`, options)
    this.kind = kind
    this.detail = detail
  }
}

/** Runs `work`, and lets `translate` say what a violated constraint means there. */
export async function unlessViolated<T>(
  kind: Violation['kind'],
  work: () => Promise<T>,
  translate: (violation: Violation) => Promise<Error> | Error,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw error instanceof Violation && error.kind === kind ? await translate(error) : error
  }
}
