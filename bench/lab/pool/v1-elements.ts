/** Each channel by itself: 16 fetches a texel of the result, one lane of each used. */
import { apply } from '../../../engine/index.ts';
import type { Op, ShaderCall } from '../../../engine/index.ts';
import { maxPool2dOp } from '../../../ops/max-pool2d/max-pool2d.ts';
import type { MaxPool2dAttributes } from '../../../ops/max-pool2d/attributes.ts';
import { writeElementShader } from '../../../ops/shader/fragment.ts';
import { withFetches, withKernel } from '../blocks.ts';
import type { Version } from '../version.ts';

const op: Op<MaxPool2dAttributes> = withFetches(
  withKernel({ ...maxPool2dOp, name: 'max_pool2d_elements' }, { shader: writeElements }),
  ({ output }) => (output.layout.bytes / 16) * 16,
);

function writeElements(call: ShaderCall<MaxPool2dAttributes>): string {
  const at = (dy: number, dx: number): string => `x_at(n, c, y * 2 + ${dy}, x * 2 + ${dx})`;
  const element = `float element(int n, int c, int y, int x) {
  return max(max(${at(0, 0)}, ${at(0, 1)}), max(${at(1, 0)}, ${at(1, 1)}));
}`;
  return writeElementShader(call, 'max pool 2×2 by elements', element);
}

export const elements: Version = {
  name: 'v1 elements',
  why: 'One channel at a time: every texel is fetched four times.',
  compute: (plain) => apply(op, plain.inputs, { size: 2 }),
};
