/**
 * What upsample_later is to the way forward, on the way back: where the pixels of a window are only added up, 1×1
 * convolutions see their sums instead, on a quarter of the pixels. So has the gradient of a 1×1 weight by an upsampled
 * map, which then is never made. Sums are added in another order.
 */
import { apply, isOf, sameShape } from '../../engine/index.ts';
import type { RewriteContext, Rule, Tensor, TensorOf } from '../../engine/index.ts';
import { conv2dByWeightOp } from '../conv2d-by-weight/conv2d-by-weight.ts';
import { conv2d, conv2dOp } from '../conv2d/conv2d.ts';
import { add, addOp } from '../elementwise/binary.ts';
import { selectPositive, selectPositiveOp } from '../elementwise/derivatives.ts';
import { sumPool2d, sumPool2dOp } from '../sum-pool2d/sum-pool2d.ts';
import { upsampleNearest2dOp } from '../upsample-nearest2d/upsample-nearest2d.ts';

export const poolSooner: Rule = {
  name: 'pool_sooner',
  why: 'sum_pool2d(f(g)) → f(sum_pool2d(g)) for 1×1 convolutions, sums and masks that were upsampled: a quarter of the work.',
  apply(tensor, context) {
    if (isOf(tensor, sumPool2dOp)) return poolInside(tensor, context);
    return isOf(tensor, conv2dByWeightOp) ? poolBoth(tensor) : undefined;
  },
};

/** A window's sum of what is made pixel by pixel. */
function poolInside(
  { inputs: [made], attributes: { size } }: TensorOf<{ readonly size: number }>,
  { uses }: RewriteContext,
): Tensor | undefined {
  if (uses(made!) !== 1) return undefined;
  const [a, b, bias] = made!.inputs as [Tensor, Tensor, Tensor?];
  if (isPixelwise(made!) && bias === undefined) return conv2d(poolOnce(a, size), b);
  if (isMasked(made!, size)) return selectPositive(poolOnce(a, size), b.inputs[0]!);
  if (made!.op !== addOp || made!.inputs.some(({ shape }) => !sameShape(shape, made!.shape))) return undefined;
  const pays = made!.inputs.some((part) => uses(part) === 1 && (isPixelwise(part) || isMasked(part, size)));
  return pays ? add(sumPool2d(a, size), sumPool2d(b, size)) : undefined;
}

function isPixelwise({ op, inputs }: Tensor): boolean {
  return op === conv2dOp && inputs[1]!.shape[2] === 1 && inputs[1]!.shape[3] === 1;
}

/** Whether a cotangent was kept or dropped for whole windows of so many pixels. */
function isMasked({ op, inputs }: Tensor, size: number): boolean {
  return op === selectPositiveOp && isOf(inputs[1]!, upsampleNearest2dOp) && inputs[1].attributes.scale === size;
}

/** The gradient of a 1×1 weight, of a map that each pixel of a smaller one fills a window of. */
function poolBoth({ op, inputs, attributes }: TensorOf<{ readonly kernel: readonly number[] }>): Tensor | undefined {
  const [cotangent, x] = inputs as [Tensor, Tensor];
  if (attributes.kernel.some((side) => side !== 1) || !isOf(x, upsampleNearest2dOp)) return undefined;
  if (!sameShape(x.shape.slice(2), cotangent.shape.slice(2))) return undefined;
  return apply(op, [poolOnce(cotangent, x.attributes.scale), x.inputs[0]!], attributes);
}

/** Cotangents that were pooled already: the input's way back and the weight's want the same. */
const pooled = new WeakMap<Tensor, Map<number, Tensor>>();

function poolOnce(cotangent: Tensor, size: number): Tensor {
  const known = pooled.get(cotangent) ?? new Map<number, Tensor>();
  pooled.set(cotangent, known);
  const one = known.get(size) ?? sumPool2d(cotangent, size);
  known.set(size, one);
  return one;
}
