/** Texture reads of a plan. Winograd's transforms do not count their own; here their overlapping tiles are counted. */
import type { Pass, Plan } from '../../engine/index.ts';
import { winogradForwardOp } from '../../ops/winograd/forward.ts';
import type { ForwardAttributes } from '../../ops/winograd/forward.ts';
import { winogradInverseOp } from '../../ops/winograd/inverse.ts';
import type { InverseAttributes } from '../../ops/winograd/inverse.ts';

export function countFetches(plan: Plan): number {
  return plan.passes.reduce((sum, pass) => sum + countPass(pass, plan), 0);
}

function countPass(pass: Pass, { slots }: Plan): number {
  const { layout } = slots[pass.output]!;
  const texels = layout.bytes / 16;
  const { width } = layout.block;
  if (pass.op === winogradForwardOp) {
    const { axis, matrices } = pass.tensor.attributes as ForwardAttributes;
    const perPixel = axis === 'h' ? matrices.tile : ((width - 1) * matrices.outputs + matrices.tile) / width;
    return texels * perPixel;
  }
  if (pass.op === winogradInverseOp) {
    const { axis, matrices } = pass.tensor.attributes as InverseAttributes;
    const wholeTiles = axis === 'w' && width % matrices.outputs === 0;
    return texels * (wholeTiles ? matrices.tile / matrices.outputs : matrices.tile);
  }
  return pass.cost.fetches;
}
