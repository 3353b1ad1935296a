/** The engine's generator with its reads of the packed weights written another way. */
import { withKernel } from '../blocks.ts';
import type { Op, ShaderCall } from '../../../engine/index.ts';
import { packedConv2dOp } from '../../../ops/conv2d/packed-conv2d.ts';
import type { PackedConv2dAttributes } from '../../../ops/conv2d/attributes.ts';
import { writeProductShader } from '../../../ops/shader/product.ts';
import type { ProductShader } from '../../../ops/shader/product.ts';

/** v7 with `read` in the place of the engine's reads; `weight_place` and `weight_y` find a tap row's first texel. */
export function withWeightReads(
  read: (call: ShaderCall<PackedConv2dAttributes>) => Pick<ProductShader, 'weight'> & { readonly prepareRow?: string },
): Op<PackedConv2dAttributes> {
  const shader = (call: ShaderCall<PackedConv2dAttributes>): string => {
    const [, , height, width] = call.attributes.weight;
    const { weight, prepareRow = '' } = read(call);
    return writeProductShader(call, {
      title: `conv2d ${height}×${width}`,
      kernel: { height, width },
      reluInput: false,
      start: () => 'vec4(0.0)',
      prepareWeights: 'ivec3 weight_place = packed_place(quad, 0, 0);',
      prepareRow: `int weight_y = weight_place.y + in_quad * ${height} + dy;\n${prepareRow}`,
      weight,
      finish: ([sum]) => sum!,
    });
  };
  return withKernel(packedConv2dOp, { shader });
}
