/** v7 with the four weight texels of a tap in four layers at one place; as many fetches. */
import { packedConv2dOp } from '../../../ops/conv2d/packed-conv2d.ts';
import type { PackedConv2dAttributes } from '../../../ops/conv2d/packed-conv2d.ts';
import { writeProductShader } from '../../../ops/shader/product.ts';
import type { Op } from '../../../engine/index.ts';
import { strip } from '../blocks.ts';
import type { Version } from '../version.ts';
import { convolveWith } from './engine-kernel.ts';

const op: Op<PackedConv2dAttributes> = {
  ...packedConv2dOp,
  glsl(call) {
    const [, , height, width] = call.attributes.weight;
    return writeProductShader(call, {
      title: `conv2d ${height}×${width}, weights in layers`,
      kernel: { height, width },
      reluInput: false,
      start: () => 'vec4(0.0)',
      prepareWeights: 'ivec3 weight_place = b_place(quad, 0, 0);',
      prepareRow: `int weight_y = weight_place.y + in_quad * ${height} + dy;`,
      weight: ({ dx, lane }) => `b_fetch(weight_place.x + ${dx}, weight_y, weight_place.z + ${lane})`,
      finish: (sum) => sum,
    });
  },
};

export const weightsInLayers: Version = {
  name: 'v10 weights in 4 layers',
  why: 'One coordinate serves the four weights of a tap, at the price of four cache lines far apart in place of one.',
  compute: (plain) => convolveWith(plain, { block: strip(8), op, weightLayers: 4 }),
};
