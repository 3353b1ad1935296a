/**
 * layer_norm in GLSL. Sums are taken of differences from the vector's first number, never of the numbers: where the
 * mean is a thousand times the deviation, fp32 would lose the deviation in the mean. R vectors a fragment, for one
 * quad of their channels; each fragment takes the sums again, so this is the plain form and not the fast one.
 */
import type { GlKernel, ShaderCall } from '../../../engine/index.ts';
import { floatLiteral } from '../../shader/accessors.ts';
import { existingPixel, indent, listPositions, writeFragmentShader } from '../../shader/fragment.ts';
import type { LayerNormAttributes } from '../attributes.ts';

export const layerNormGl: GlKernel<LayerNormAttributes> = {
  shader: writeLayerNormShader,
};

function writeLayerNormShader(call: ShaderCall<LayerNormAttributes>): string {
  const { quads, grid } = call.inputs[0]!.layout;
  const pixels = listPositions(call.output.layout).map((position) => ({
    pixel: position.pixel,
    x: existingPixel(call.output.layout, position).x,
  }));
  const forEachPixel = (write: (pixel: number, x: string) => string): string[] =>
    pixels.map(({ pixel, x }) => write(pixel, x));
  const sumOverChannels = (...body: string[]): string[] => [
    `for (int in_quad = 0; in_quad < ${quads}; ++in_quad) {`,
    '  vec4 exists = existing_lanes(in_quad);',
    ...body.map(indent),
    '}',
  ];
  const count = floatLiteral(grid.c);
  return writeFragmentShader(call, 'layer_norm', {
    declarations: [
      '// 1 in the lanes of channels that exist.',
      'vec4 existing_lanes(int in_quad) {',
      `  return vec4(lessThan(ivec4(in_quad * 4) + ivec4(0, 1, 2, 3), ivec4(${grid.c})));`,
      '}',
    ].join('\n'),
    prepare: [
      ...forEachPixel((i, x) => `float first_${i} = x_at(n, 0, 0, ${x});`),
      ...forEachPixel((i) => `vec4 total_${i} = vec4(0.0), squares_${i} = vec4(0.0);`),
      ...sumOverChannels(
        ...forEachPixel((i, x) => `total_${i} += (x_pixel(n, in_quad, 0, ${x}) - first_${i}) * exists;`),
      ),
      // The mean, less the first number.
      ...forEachPixel((i) => `float mean_${i} = dot(total_${i}, vec4(1.0)) / ${count};`),
      ...sumOverChannels(
        ...forEachPixel((i, x) =>
          [
            `vec4 deviation_${i} = ((x_pixel(n, in_quad, 0, ${x}) - first_${i}) - mean_${i}) * exists;`,
            `squares_${i} += deviation_${i} * deviation_${i};`,
          ].join('\n'),
        ),
      ),
      'vec4 weight = weight_pixel(0, quad, 0, 0), bias = bias_pixel(0, quad, 0, 0);',
    ].join('\n'),
    pixel({ pixel: i }) {
      const variance = `dot(squares_${i}, vec4(1.0)) / ${count}`;
      const scale = `inversesqrt(${variance} + ${floatLiteral(call.attributes.eps)})`;
      return `((x_pixel(n, quad, 0, ${pixels[i]!.x}) - first_${i}) - mean_${i}) * ${scale} * weight + bias`;
    },
  });
}
