import { metadataPaths, providerPaths, routes } from './provider.ts'

/** Where the provider's routes lie, from the root; `base` is the issuer's path, without a slash at the end. */
export function addressesBelow(base: string) {
  // RFC 8414 §3 asks for the metadata of an issuer with a path in front of that path.
  const insertedForms: ReadonlyMap<string, string> = new Map(
    metadataPaths.flatMap((path) => (base ? [[`${path}${base}`, `${base}${path}`] as const] : [])),
  )
  return {
    /** With the address below the base that each means. */
    insertedForms,
    /** What is published, with its route. */
    documents: new Map<string, string>([
      ...[routes.jwks, ...metadataPaths].map((path) => [base + path, path] as const),
      ...[...insertedForms].map(([inserted, path]) => [inserted, path.slice(base.length)] as const),
    ]),
    /** All that the provider answers, but for sign-ins that it goes on with. */
    own: new Set([...providerPaths.map((path) => base + path), ...insertedForms.keys()]),
  }
}
