/** v3 with half as many pixels a fragment: as many fetches, shorter shader, more fragments. */
import { apply } from '../../../engine/index.ts';
import { strip, withBlock } from '../blocks.ts';
import type { Version } from '../version.ts';
import { unrolledOp } from './v3-unrolled.ts';

export const fourPixels: Version = {
  name: 'v4 R=4',
  why: 'Nothing is shared between pixels here, so a fragment need not make eight of them.',
  compute: (plain) => apply(withBlock(unrolledOp, strip(4)), plain.inputs, { size: 2 }),
};
