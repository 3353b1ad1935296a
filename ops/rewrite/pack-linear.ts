/** Puts the fast kernel of linear in place of the naive one: weights packed beforehand, by an op of its own. */
import { isDerived, isFoldable } from '../../engine/index.ts';
import type { Rule, Tensor } from '../../engine/index.ts';
import { linear, linearOp } from '../linear/linear.ts';
import { packLinear, packedLinear } from '../linear/packed-linear.ts';
import type { PackAttributes, PackedLinearAttributes } from '../linear/attributes.ts';
import { keptHalves } from './keep-halves.ts';

/** With fewer rows than this, packing a weight in each run reads more than the product by itself. */
const fewestRows = 8;

/** On WebGL a weight of halves is no packed float: a LayerNorm before it stays a draw. What is small gains nothing. */
const fewestHalves = 2 ** 18;

export const packLinears: Rule = {
  name: 'pack_linear',
  why: 'linear → packed_linear: four weight texels serve every row of a block, instead of one element a multiply.',
  apply: (tensor) => pack(keepHalves(tensor, fewestHalves), 4),
};

export const packLinearsForCpu: Rule = {
  name: 'pack_linear',
  why: 'linear → packed_linear: weights lie in the order in which the kernel reads them, halves as halves.',
  apply: (tensor) => pack(keepHalves(tensor), 1),
};

/** A weight that was read from halves stays one: it is half as much to read again at each token. */
function keepHalves(tensor: Tensor, fewest = 0): Tensor {
  const [x, w, bias] = tensor.inputs;
  const halves = tensor.op === linearOp ? keptHalves(w!, fewest) : undefined;
  return halves ? linear(x!, halves, bias) : tensor;
}

function pack(tensor: Tensor, lanes: PackAttributes['lanes']): Tensor | undefined {
  if (tensor.op !== linearOp) return undefined;
  const [x, w, bias] = tensor.inputs as [Tensor, Tensor, Tensor?];
  if (!isDerived(w) && x.shape[0]! < fewestRows) return undefined;
  const packed = packLinear(w, { lanes, dtype: w.dtype === 'f16' && isFoldable(w) ? 'f16' : 'f32' });
  return packedLinear({ x, packed, bias }, { weight: w.shape as PackedLinearAttributes['weight'], lanes });
}
