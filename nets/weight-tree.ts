/**
 * A net's weights as its code sees them: tensors by name, read from their file only when a plan uploads them.
 */
import { DalleError } from '../errors.ts';
import { constant } from '../ops/index.ts';
import type { Tensor } from '../ops/index.ts';
import type { TensorData } from '../weights-convert/weights.ts';

export interface WeightTree {
  /** Throws DalleError `E_KEYS` for a tensor that the weights do not have. */
  get(name: string): Tensor;
  has(name: string): boolean;
}

export function growTree(data: ReadonlyMap<string, TensorData>): WeightTree {
  const tensors = new Map<string, Tensor>();
  for (const [name, { shape, read }] of data) tensors.set(name, constant(name, { shape, dtype: 'f32' }, read));
  return {
    has: (name) => tensors.has(name),
    get(name) {
      const tensor = tensors.get(name);
      if (!tensor) throw new DalleError('E_KEYS', `growTree: the weights have no tensor ${name}.`);
      return tensor;
    },
  };
}
