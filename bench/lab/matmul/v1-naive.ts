/** One element after the other: 2 fetches a multiply-add. */
import { apply } from '../../../engine/index.ts';
import type { Op, ShaderCall } from '../../../engine/index.ts';
import { matmulOp } from '../../../ops/matmul/matmul.ts';
import type { MatmulAttributes } from '../../../ops/matmul/attributes.ts';
import { singlePixelBlock, writeElementShader } from '../../../ops/shader/fragment.ts';
import { withFetches, withKernel } from '../blocks.ts';
import type { Version } from '../version.ts';

const op: Op<MatmulAttributes> = withFetches(
  withKernel({ ...matmulOp, name: 'matmul_naive' }, { shader: writeNaive, block: () => singlePixelBlock }),
  (call) => 2 * matmulOp.macs!(call),
);

function writeNaive(call: ShaderCall<MatmulAttributes>): string {
  const inner = call.inputs[1]!.type.shape[0]!;
  const element = `float element(int n, int column, int y, int row) {
  float sum = 0.0;
  for (int k = 0; k < ${inner}; ++k) sum += a_at(0, k, 0, row) * b_at(0, column, 0, k);
  return sum;
}`;
  return writeElementShader(call, 'matmul, the naive way', element);
}

export const naive: Version = {
  name: 'v1 naive',
  why: 'The definition, element by element: two texels fetched for every multiply-add, and one lane of each used.',
  compute: (plain) => apply(op, plain.inputs, { transposeA: false, transposeB: false }),
};
