/**
 * The engine's op: four channels at once, 5 fetches a texel of the result (it starts from the first pixel and meets it
 * again).
 */
import { apply } from '../../../engine/index.ts';
import { maxPool2dOp } from '../../../ops/max-pool2d/max-pool2d.ts';
import { withFetches } from '../blocks.ts';
import type { Version } from '../version.ts';

const op = withFetches(maxPool2dOp, ({ output }) => (output.layout.bytes / 16) * 5);

export const engine: Version = {
  name: 'v2 engine',
  why: 'Four channels at once; NaN is carried through by its bits, which the element version does not do.',
  isEngineDefault: true,
  compute: (plain) => apply(op, plain.inputs, { size: 2 }),
};
