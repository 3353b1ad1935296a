/**
 * Tensors by the names a net looks them up by, whatever names their checkpoint uses. A file keeps its own names, so
 * that it can be recognised and given back; the map between the two is the family's (dalle-pytorch-names.ts).
 */
import type { NetArchitecture } from './net-spec.ts';
import type { TensorData, Weights } from './weights.ts';

/** A tensor that bears two names: its file's, and the net's. */
export interface NamedTensor {
  /** The net's name; the file's own where the net has no such tensor. */
  readonly name: string;
  readonly ownName: string;
  /** As the net sees it: axes of length one that only the file has are gone. */
  readonly tensor: TensorData;
}

/** Both names of each tensor of a file. */
export function nameTensors(_architecture: NetArchitecture, tensors: ReadonlyMap<string, TensorData>): NamedTensor[] {
  return [...tensors].map(([name, tensor]) => ({ name, ownName: name, tensor }));
}

/** A net's tensors by the names of dvae-spec.ts and transformer-spec.ts, in their shapes. */
export function netTensors({ architecture, tensors }: Weights): ReadonlyMap<string, TensorData> {
  return new Map(nameTensors(architecture, tensors).map(({ name, tensor }) => [name, tensor]));
}
