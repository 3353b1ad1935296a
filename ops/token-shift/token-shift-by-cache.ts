/**
 * token_shift_by_cache: what goes back to the cache that tokenShift read. Each number there gets the sum of the
 * cotangents of those who took it: cotangent [S·M, D] of positions from `position` on → the cache of `rowsForm`. Of
 * sequences that share a row tokenShift read the first, so copies get zeros.
 */
import { apply } from '../../engine/index.ts';
import type { Op, ReferenceCall, Tensor } from '../../engine/index.ts';
import { cacheShape } from '../cache/cache.ts';
import type { TokenShiftAttributes } from './attributes.ts';
import { tokenShiftByCacheCpu } from './cpu/token-shift-by-cache.ts';
import { tokenShiftByCacheGl } from './gl/token-shift-by-cache.ts';
import { placeOfSource, rowsForm } from './token-shift.ts';

export const tokenShiftByCacheOp: Op<TokenShiftAttributes> = {
  name: 'token_shift_by_cache',
  operands: ['cotangent', 'position'],
  infer: (_inputs, attributes) => ({ shape: cacheShape(rowsForm(attributes)), dtype: 'f32' }),
  reference: computeByCache,
  kernels: { webgl: tokenShiftByCacheGl, cpu: tokenShiftByCacheCpu },
};

/** cotangent [S·M, D], position i32 [1] → the cache's shape. */
export function tokenShiftByCache(cotangent: Tensor, position: Tensor, attributes: TokenShiftAttributes): Tensor {
  return apply(tokenShiftByCacheOp, [cotangent, position], attributes);
}

function computeByCache({ inputs, output, attributes }: ReferenceCall<TokenShiftAttributes>): void {
  const [cotangent, position] = inputs;
  const { size } = attributes;
  const totals = new Float64Array(output.length);
  cotangent!.forEach((value, at) => {
    const source = placeOfSource(attributes, position![0]!, Math.floor(at / size), at % size);
    if (source !== undefined) totals[source]! += value;
  });
  output.set(totals);
}
