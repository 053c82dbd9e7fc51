/** A tree of settings as a file or a variable gives it, before anything about it is believed. */
export type Tree = { readonly [name: string]: unknown }

/** Where settings come from (a file's or a variable's name), one laid over the other. */
export interface Layers {
  readonly tree: Tree
  /** By the path of each setting that is no object. */
  readonly origins: ReadonlyMap<string, string>
}

export const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Objects merge; lists and everything else replace what was there. */
export function lay({ tree, origins }: Layers, over: Tree, origin: string): Layers {
  const fresh = leaves(over)
  const kept = [...origins].filter(([path]) => !fresh.some((leaf) => contains(leaf, path) || contains(path, leaf)))
  return { tree: merge(tree, over), origins: new Map([...kept, ...fresh.map((leaf) => [leaf, origin] as const)]) }
}

/** Whether the second path is the first one, or below it. */
export const contains = (path: string, other: string): boolean => other === path || other.startsWith(`${path}.`)

/** `nest('a.b', 1)` is `{ a: { b: 1 } }`. */
export function nest(path: string, value: unknown): Tree {
  const [first = '', ...rest] = path.split('.')
  return { [first]: rest.length === 0 ? value : nest(rest.join('.'), value) }
}

export const read = (tree: Tree, path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>(
      (node, name) => (isTree(node) ? node[name] : Array.isArray(node) ? node[Number(name)] : undefined),
      tree,
    )

/** The paths of everything that is no object, or an empty one. */
export function leaves(tree: Tree, prefix = ''): readonly string[] {
  return Object.entries(tree).flatMap(([name, value]) =>
    isTree(value) && Object.keys(value).length > 0 ? leaves(value, `${prefix}${name}.`) : [prefix + name],
  )
}

function merge(under: Tree, over: Tree): Tree {
  const merged = Object.entries(over).map(([name, value]) => {
    const before = Object.hasOwn(under, name) ? under[name] : undefined
    return [name, isTree(before) && isTree(value) ? merge(before, value) : value] as const
  })
  return { ...under, ...Object.fromEntries(merged) }
}
