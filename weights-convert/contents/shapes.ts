/** The shapes of a file's tensors by name: most of what tells one net from another. */

/** Name → shape of the tensors that a file has. */
export type Shapes = ReadonlyMap<string, readonly number[]>;

/** Name → shape. */
export function listShapes(tensors: ReadonlyMap<string, { readonly shape: readonly number[] }>): Shapes {
  return new Map([...tensors].map(([name, { shape }]) => [name, shape]));
}
