/** Four output channels a fragment, four input channels a dot product: 5 fetches for 16 multiply-adds. */
import { apply } from '../../../engine/index.ts';
import type { Op, ShaderCall } from '../../../engine/index.ts';
import { conv2dOp } from '../../../ops/conv2d/conv2d.ts';
import { countFragments, writePixelShader } from '../../../ops/shader/fragment.ts';
import { withFetches, withKernel } from '../blocks.ts';
import type { Version } from '../version.ts';

const op: Op<undefined> = withFetches(
  withKernel({ ...conv2dOp, name: 'conv2d_dot' }, { shader: writeDots }),
  (call) => {
    const [, inChannels, height, width] = call.inputs[1]!.type.shape as [number, number, number, number];
    return countFragments(call.output.layout) * Math.ceil(inChannels / 4) * height * width * 5;
  },
);

/** Operand b is the plain weight [O, I, KH, KW]: one of its texels holds four input channels of one output channel. */
function writeDots(call: ShaderCall<undefined>): string {
  const { h, w } = call.inputs[0]!.layout.grid;
  const [outChannels, inChannels, height, width] = call.inputs[1]!.type.shape as [number, number, number, number];
  const dots = [0, 1, 2, 3].map((lane) => {
    return `dot(pixel, weight_pixel(min(quad * 4 + ${lane}, ${outChannels - 1}), in_quad, dy, dx))`;
  });
  const value = `vec4 value(int n, int quad, int y, int x) {
  vec4 sum = vec4(0.0);
  for (int in_quad = 0; in_quad < ${Math.ceil(inChannels / 4)}; ++in_quad)
    for (int dy = 0; dy < ${height}; ++dy)
      for (int dx = 0; dx < ${width}; ++dx) {
        int from_y = y + dy - ${(height - 1) / 2}, from_x = x + dx - ${(width - 1) / 2};
        if (from_y < 0 || from_y >= ${h} || from_x < 0 || from_x >= ${w}) continue;
        vec4 pixel = x_pixel(n, in_quad, from_y, from_x);
        sum += vec4(${dots.join(',\n          ')});
      }
  return sum;
}`;
  return writePixelShader(call, 'conv2d by dot products', value);
}

export const dots: Version = {
  name: 'v2 dots',
  why: 'All four lanes of a texel are used: one pixel texel and four weight texels make sixteen multiply-adds.',
  compute: (plain) => apply(op, plain.inputs, undefined),
};
