/** The engine's convolution that pools as it writes, with another number of outputs a fragment or another text. */
import { apply, rewrite } from '../../../engine/index.ts';
import type { Rule, Tensor } from '../../../engine/index.ts';
import { pooledConv2dOp } from '../../../ops/conv2d/pooled-conv2d.ts';
import { packConv2d } from '../../../ops/rewrite/pack-conv2d.ts';
import { reluOnRead } from '../../../ops/rewrite/relu-on-read.ts';
import { residualOnWrite } from '../../../ops/rewrite/residual-on-write.ts';
import { strip, withBlock } from '../blocks.ts';
import { withShader } from '../shader-text.ts';
import type { ChangeShader } from '../shader-text.ts';

/** What the engine does with the convolution before the pool. */
export const fuseConvolution: readonly Rule[] = [packConv2d, reluOnRead, residualOnWrite];

/** `maxPool2d(add(id, conv2d(…)), 2)` as one pass whose fragments make `outputs` pooled pixels side by side. */
export function poolAsWritten(plain: Tensor, outputs: number, ...changes: readonly ChangeShader[]): Tensor {
  const [convolution] = rewrite([plain.inputs[0]!], fuseConvolution).outputs;
  const op = withBlock(withShader(pooledConv2dOp, ...changes), strip(outputs));
  return apply(op, convolution!.inputs, convolution!.attributes as Parameters<typeof pooledConv2dOp.infer>[1]);
}
