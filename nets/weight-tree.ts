/**
 * A net's weights as its code sees them: tensors by name, read from their file only when a plan uploads them; and the
 * precision that it computes in. `half` rounds the weights of convolutions, not their biases, and every tensor that one
 * layer hands to the next to half precision, as OpenAI's code does on CUDA; sums stay fp32.
 */
import { describeValue } from '../base/check-argument.ts';
import { DalleError, ShapeError } from '../base/errors.ts';
import { halfWeights } from '../ops/cast/cast.ts';
import { castToHalf, constant } from '../ops/index.ts';
import type { Tensor } from '../ops/index.ts';
import type { TensorData } from './weights.ts';

/** `half` rounds weights and what layers hand on to half precision; sums stay fp32. */
export type Precision = 'full' | 'half';

export interface WeightTree {
  /** Throws DalleError `E_KEYS` for a tensor that the weights do not have. */
  get(name: string): Tensor;
  has(name: string): boolean;
  /** What a layer hands to the next: the tensor as it is, or rounded to half. */
  handOn(x: Tensor): Tensor;
}

/** Throws ShapeError `E_ATTRIBUTE` for a precision that there is not. */
export function checkPrecision(where: string, precision: unknown): void {
  if (precision === undefined || precision === 'full' || precision === 'half') return;
  throw new ShapeError('E_ATTRIBUTE', `${where}: precision is full or half, got ${describeValue(precision)}.`);
}

/** Throws ShapeError `E_ATTRIBUTE` for a precision that there is not. */
export function growTree(data: ReadonlyMap<string, TensorData>, precision: Precision = 'full'): WeightTree {
  checkPrecision('growTree', precision);
  const halves = precision === 'half';
  const tensors = new Map<string, Tensor>();
  for (const [name, { shape, dtype, read, readHalves }] of data) {
    const tensor = constant(name, { shape, dtype: 'f32' }, read, dtype === 'F16', readHalves);
    tensors.set(name, halves && shape.length === 4 ? halfWeights(tensor) : tensor);
  }
  return {
    has: (name) => tensors.has(name),
    get(name) {
      const tensor = tensors.get(name);
      if (!tensor) throw new DalleError('E_KEYS', `growTree: the weights have no tensor ${name}.`);
      return tensor;
    },
    handOn: (x) => (halves ? castToHalf(x) : x),
  };
}

/** The weights whose names begin with `prefix`, by what follows it. */
export function branchOf(weights: WeightTree, prefix: string): WeightTree {
  return {
    has: (name) => weights.has(prefix + name),
    get: (name) => weights.get(prefix + name),
    handOn: (x) => weights.handOn(x),
  };
}
