/** The upsampled map, and Winograd's convolution of it: an upsample that the engine's rule does not know as one. */
import { apply, isOf } from '../../../engine/index.ts';
import type { Tensor } from '../../../engine/index.ts';
import { conv2d } from '../../../ops/index.ts';
import { upsampleNearest2dOp } from '../../../ops/upsample-nearest2d/upsample-nearest2d.ts';
import { winograd4 } from '../../../ops/winograd/matrices.ts';
import type { Version } from '../version.ts';

export const winogradWhole: Version = {
  name: 'v3 upsample, Winograd',
  why: 'Four times fewer multiplications than v1; the large map is made and transformed.',
  winograd: winograd4,
  compute(plain) {
    const [map, w] = plain.inputs as [Tensor, Tensor];
    if (!isOf(map, upsampleNearest2dOp)) throw new Error('wanted an upsampled map');
    return conv2d(apply({ ...upsampleNearest2dOp }, map.inputs, map.attributes), w);
  },
};
