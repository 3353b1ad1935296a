/** Puts the fast kernel of linear in place of the naive one: weights packed beforehand, by an op of its own. */
import { constant, constantOp, isDerived, isFoldable, isOf } from '../../engine/index.ts';
import type { Rule, Tensor } from '../../engine/index.ts';
import { checkHalfWeights } from '../cast/half.ts';
import { linear, linearOp } from '../linear/linear.ts';
import { packLinear, packedLinear } from '../linear/packed-linear.ts';
import type { PackAttributes, PackedLinearAttributes } from '../linear/attributes.ts';

/** With fewer rows than this, packing a weight in each run reads more than the product by itself. */
const fewestRows = 8;

export const packLinears: Rule = {
  name: 'pack_linear',
  why: 'linear → packed_linear: four weight texels serve every row of a block, instead of one element a multiply.',
  apply: (tensor) => pack(tensor, 4, () => 'f32'),
};

export const packLinearsForCpu: Rule = {
  name: 'pack_linear',
  why: 'linear → packed_linear: weights lie in the order in which the kernel reads them, halves as halves.',
  apply: (tensor) => pack(keepHalves(tensor), 1, (w) => (w.dtype === 'f16' && isFoldable(w) ? 'f16' : 'f32')),
};

/**
 * A weight that was read from halves stays one: it is half as much to read again at each token. Only what is constant,
 * since nobody can see to it that halves which change are finite, as the kernel wants them.
 */
function keepHalves(tensor: Tensor): Tensor {
  const [x, w, bias] = tensor.inputs;
  if (tensor.op !== linearOp || !isOf(w!, constantOp) || !w.attributes.fitsHalves) return tensor;
  const halves = halvesOf.get(w) ?? readAsHalves(w.attributes);
  halvesOf.set(w, halves); // the same constant gives the same one, for plans share what is packed of it
  return linear(x!, halves, bias);
}

const halvesOf = new WeakMap<Tensor, Tensor>();

function readAsHalves({ label, type, read }: Parameters<typeof constantOp.infer>[1]): Tensor {
  const halves = { shape: type.shape, dtype: 'f16' } as const;
  return constant(label, halves, async () => {
    const numbers = await read();
    checkHalfWeights(numbers, halves);
    return numbers;
  });
}

function pack(
  tensor: Tensor,
  lanes: PackAttributes['lanes'],
  dtypeOf: (weight: Tensor) => PackAttributes['dtype'],
): Tensor | undefined {
  if (tensor.op !== linearOp) return undefined;
  const [x, w, bias] = tensor.inputs as [Tensor, Tensor, Tensor?];
  if (!isDerived(w) && x.shape[0]! < fewestRows) return undefined;
  const packed = packLinear(w, { lanes, dtype: dtypeOf(w) });
  return packedLinear({ x, packed, bias }, { weight: w.shape as PackedLinearAttributes['weight'], lanes });
}
