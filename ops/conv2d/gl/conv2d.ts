/** conv2d in GLSL, the naive way: four lines that say what a convolution is. packed-conv2d.ts is the fast one. */
import type { GlKernel, ShaderCall } from '../../../engine/index.ts';
import { singlePixelBlock, writeElementShader } from '../../shader/fragment.ts';
import type { Strides } from '../attributes.ts';

export const conv2dGl: GlKernel<undefined> = {
  shader(call) {
    const [, , height, width] = call.inputs[1]!.type.shape as [number, number, number, number];
    return writeNaiveShader(call, { stride: 1, before: [(height - 1) / 2, (width - 1) / 2] });
  },
  block: () => singlePixelBlock,
};

export const stridedConv2dGl: GlKernel<Strides> = {
  shader: (call) => writeNaiveShader(call, call.attributes),
  block: () => singlePixelBlock,
};

function writeNaiveShader(
  call: ShaderCall,
  { stride, before: [top, left] }: Pick<Strides, 'stride' | 'before'>,
): string {
  const { h, w, c } = call.inputs[0]!.layout.grid;
  const [, , kernelHeight, kernelWidth] = call.inputs[1]!.type.shape as [number, number, number, number];
  const step = stride === 1 ? '' : ` * ${stride}`;
  const element = `float element(int n, int o, int y, int x) {
  float sum = ${call.inputs.length > 2 ? 'bias_at(0, o, 0, 0)' : '0.0'};
  for (int i = 0; i < ${c}; ++i)
    for (int dy = 0; dy < ${kernelHeight}; ++dy)
      for (int dx = 0; dx < ${kernelWidth}; ++dx) {
        int from_y = y${step} + dy - ${top}, from_x = x${step} + dx - ${left};
        if (from_y >= 0 && from_y < ${h} && from_x >= 0 && from_x < ${w})
          sum += x_at(n, i, from_y, from_x) * weight_at(o, i, dy, dx);
      }
  return sum;
}`;
  return writeElementShader(call, 'conv2d, the naive way', element);
}
