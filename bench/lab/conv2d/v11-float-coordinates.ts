/** v7 with a row's weight coordinates computed once, in floating point; as many fetches. */
import { packedConv2dOp } from '../../../ops/conv2d/packed-conv2d.ts';
import type { PackedConv2dAttributes } from '../../../ops/conv2d/packed-conv2d.ts';
import { floatLiteral } from '../../../ops/shader/accessors.ts';
import { writeProductShader } from '../../../ops/shader/product.ts';
import type { Op } from '../../../engine/index.ts';
import { strip } from '../blocks.ts';
import type { Version } from '../version.ts';
import { convolveWith } from './engine-kernel.ts';

const op: Op<PackedConv2dAttributes> = {
  ...packedConv2dOp,
  glsl(call) {
    const [, , height, width] = call.attributes.weight;
    const { texture } = call.inputs[1]!.layout;
    const step = (texels: number): string => floatLiteral(texels / texture.width);
    return writeProductShader(call, {
      title: `conv2d ${height}×${width}, weight coordinates in floating point`,
      kernel: { height, width },
      reluInput: false,
      start: () => 'vec4(0.0)',
      prepareWeights: 'ivec3 weight_place = b_place(quad, 0, 0);',
      prepareRow: [
        `ivec2 weight_row = weight_place.xy + ivec2(0, in_quad * ${height} + dy);`,
        `vec2 weight_at = (vec2(weight_row) + 0.5) * vec2(${step(1)}, ${floatLiteral(1 / texture.height)});`,
      ].join('\n'),
      weight: ({ dx, lane }) =>
        `textureLod(b_texels, vec3(weight_at.x + ${step(dx * 4 + lane)}, weight_at.y, weight_place.z), 0.0)`,
      finish: (sum) => sum,
    });
  },
};

export const floatCoordinates: Version = {
  name: 'v11 float coordinates',
  why: 'A weight costs one addition of a constant to find, where whole numbers need an addition, a conversion and a product.',
  compute: (plain) => convolveWith(plain, { block: strip(8), op }),
};
