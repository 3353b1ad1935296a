/** The four loops of the definition: 2 fetches a multiply-add, three quarters of each thrown away. */
import { apply } from '../../../engine/index.ts';
import { conv2dOp } from '../../../ops/conv2d/conv2d.ts';
import { withFetches } from '../blocks.ts';
import type { Version } from '../version.ts';

const op = withFetches(conv2dOp, (call) => 2 * conv2dOp.macs!(call));

export const naive: Version = {
  name: 'v1 naive',
  why: 'The definition, element by element: two texels fetched for every multiply-add, and one lane of each used.',
  compute: (plain) => apply(op, plain.inputs, undefined),
};
