/**
 * Tensors by the names a net looks them up by, whatever names their checkpoint uses. A file keeps its own names, so
 * that it can be recognised and given back; the map between the two is the family's (families/dalle-pytorch/names.ts).
 */
import { canonicalName, type CanonicalName } from './families/dalle-pytorch/names.ts';
import type { NetArchitecture } from '../nets/net-kinds.ts';
import type { TensorData } from '../nets/weights.ts';

/** A tensor that bears two names: its file's, and the net's. */
export interface NamedTensor {
  /** The net's name; the file's own where the net has no such tensor. */
  readonly name: string;
  readonly ownName: string;
  /** As the net sees it: axes of length one that only the file has are gone. */
  readonly tensor: TensorData;
}

/** Both names of each tensor of a file; no two have the same. */
export function nameTensors(architecture: NetArchitecture, tensors: ReadonlyMap<string, TensorData>): NamedTensor[] {
  const isForeign = architecture.kind === 'transformer' && architecture.names === 'dalle-pytorch';
  const named = new Map<string, NamedTensor>();
  for (const [ownName, tensor] of tensors) {
    const canonical = isForeign ? canonicalName(ownName) : undefined;
    // A second tensor for the same place keeps its own name, and is found to be one too many.
    const isFree = canonical !== undefined && !named.has(canonical.name);
    const name = isFree ? canonical.name : ownName;
    named.set(name, { name, ownName, tensor: isFree ? keepAxes(tensor, canonical) : tensor });
  }
  return [...named.values()];
}

/** Drops axes of length one; a tensor in which they are longer stays as it is, and is found to be of another shape. */
function keepAxes(tensor: TensorData, { keepAxes: kept }: CanonicalName): TensorData {
  const { shape } = tensor;
  if (!kept || shape.some((size, axis) => size !== 1 && !kept.includes(axis))) return tensor;
  return { ...tensor, shape: kept.map((axis) => shape[axis] ?? 0) };
}
