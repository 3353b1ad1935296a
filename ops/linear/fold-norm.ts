/**
 * What a LayerNorm leaves behind when it goes into the product after it: three tensors, derived of weights alone.
 * w [O, K], gain γ [K], shift β [K]: the weight γw, its sums Σₖ γₖwₒₖ, and the bias b + Σₖ βₖwₒₖ.
 */
import { apply } from '../../engine/index.ts';
import type { NumericArray, Op, Tensor } from '../../engine/index.ts';
import type { SumRowsAttributes } from './attributes.ts';
import { scaleColumnsGl, sumRowsGl } from './gl/fold-norm.ts';

/** w [O, K] · diag(γ). */
export function scaleColumns(w: Tensor, gain: Tensor): Tensor {
  return apply(scaleColumnsOp, [w, gain], undefined);
}

/** b + w · v, [O], for v [K]; without v the sum of each row, without b from 0. */
export function sumRows(w: Tensor, { v, b }: { v?: Tensor; b?: Tensor | undefined }): Tensor {
  return apply(sumRowsOp, [w, ...(v ? [v] : []), ...(b ? [b] : [])], { weighted: v !== undefined });
}

export const scaleColumnsOp: Op<undefined> = {
  name: 'scale_columns',
  derives: true,
  infer: ([w]) => w!,
  reference({ inputs: [w, gain], output }) {
    for (let at = 0; at < output.length; at++) output[at] = w![at]! * gain![at % gain!.length]!;
  },
  operands: ['weight', 'gain'],
  kernels: { webgl: scaleColumnsGl },
};

export const sumRowsOp: Op<SumRowsAttributes> = {
  name: 'sum_rows',
  derives: true,
  infer: ([w]) => ({ shape: [w!.shape[0]!], dtype: 'f32' }),
  reference({ inputs, inputTypes, output, attributes: { weighted } }) {
    const [w, ...rest] = inputs as [NumericArray, ...NumericArray[]];
    const v = weighted ? rest[0] : undefined;
    const b = rest[weighted ? 1 : 0];
    const inner = inputTypes[0]!.shape[1]!;
    for (let o = 0; o < output.length; o++) {
      let sum = b?.[o] ?? 0;
      for (let k = 0; k < inner; k++) sum += w[o * inner + k]! * (v?.[k] ?? 1);
      output[o] = sum;
    }
  },
  operands: ({ weighted }) => ['weight', ...(weighted ? ['vector'] : []), 'bias'],
  kernels: { webgl: sumRowsGl },
};
