/**
 * The weights of a net as tensors, and the precision that it computes in: `half` rounds every weight (not the biases) and
 * every tensor that one layer hands to the next to half precision, as OpenAI's code does on CUDA; sums stay fp32.
 */
import { DalleError, ShapeError } from '../../errors.ts';
import { halfWeights } from '../../ops/cast/cast.ts';
import { castToHalf, constant } from '../../ops/index.ts';
import type { Tensor } from '../../ops/index.ts';
import type { Weights } from '../../weights-convert/weights.ts';

export type Precision = 'full' | 'half';

export interface WeightTree {
  /**
   * The tensor of a name as in the official state dict, such as `blocks.group_1.block_1.res_path.conv_1.w`.
   * @throws DalleError `E_KEYS` where there is none
   */
  get(name: string): Tensor;
  has(name: string): boolean;
  /** What a layer hands to the next: the tensor as it is, or rounded to half. */
  keep(x: Tensor): Tensor;
}

/** Weights are read from their file only when a plan uploads them. Throws ShapeError `E_ATTRIBUTE`. */
export function growTree(weights: Weights, precision: Precision): WeightTree {
  if (precision !== 'full' && precision !== 'half') {
    throw new ShapeError('E_ATTRIBUTE', `dvae: precision is full or half, got ${String(precision)}.`);
  }
  const halves = precision === 'half';
  const tensors = new Map<string, Tensor>();
  for (const [name, { shape, read }] of weights.tensors) {
    const tensor = constant(name, { shape, dtype: 'f32' }, read);
    tensors.set(name, halves && name.endsWith('.w') ? halfWeights(tensor) : tensor);
  }
  return {
    has: (name) => tensors.has(name),
    get(name) {
      const tensor = tensors.get(name);
      if (!tensor) throw new DalleError('E_KEYS', `dvae: the weights have no tensor ${name}.`);
      return tensor;
    },
    keep: (x) => (halves ? castToHalf(x) : x),
  };
}
