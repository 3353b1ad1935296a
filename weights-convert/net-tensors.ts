/**
 * Tensors by the names a net looks them up by, whatever names their checkpoint uses. A file keeps its own names, so
 * that it can be recognised and given back; the map between the two is the family's (`netName` in families/family.ts).
 */
import { FAMILIES } from './families/all-families.ts';
import { formOf, type Family, type NetName } from './families/family.ts';
import type { NetArchitecture } from '../nets/net-kinds.ts';
import type { TensorData } from '../nets/weights.ts';

/** A tensor that bears two names: its file's, and the net's. */
interface NamedTensor {
  /** The net's name; the file's own where the net has no such tensor. */
  readonly name: string;
  readonly ownName: string;
  /** As the net sees it: axes of length one that only the file has are gone. */
  readonly tensor: TensorData;
}

/** Both names of each tensor of a file; no two have the same. */
export function nameTensors(
  architecture: NetArchitecture,
  tensors: ReadonlyMap<string, TensorData>,
  families: readonly Family[] = FAMILIES,
): NamedTensor[] {
  const form = formOf(architecture, families);
  const named = new Map<string, NamedTensor>();
  for (const [ownName, tensor] of tensors) {
    const netName = form?.netName?.(ownName);
    // A second tensor for the same place keeps its own name, and is found to be one too many.
    const isFree = netName !== undefined && !named.has(netName.name);
    const name = isFree ? netName.name : ownName;
    // Messages say what the file says.
    const called = name === ownName ? tensor : { ...tensor, nameInFile: tensor.nameInFile ?? ownName };
    named.set(name, { name, ownName, tensor: isFree ? keepAxes(called, netName) : called });
  }
  return [...named.values()];
}

/** Drops axes of length one; a tensor in which they are longer stays as it is, and is found to be of another shape. */
function keepAxes(tensor: TensorData, { keepAxes: kept }: NetName): TensorData {
  const { shape } = tensor;
  if (!kept || shape.some((size, axis) => size !== 1 && !kept.includes(axis))) return tensor;
  return { ...tensor, shape: kept.map((axis) => shape[axis] ?? 0) };
}
