/**
 * softmax in GLSL: R pixels a fragment, for one quad of channels; each fragment walks its whole lines twice, for the
 * largest number and for the sum, so this is the plain form and not the fast one.
 */
import type { GlKernel, ShaderCall } from '../../../engine/index.ts';
import { accurateExp } from '../../elementwise/gl/accurate.ts';
import { floatLiteral } from '../../shader/accessors.ts';
import { existingPixel, indent, listPositions, writeFragmentShader } from '../../shader/fragment.ts';
import { channelAxis, logicalIndices } from '../../shader/indices.ts';
import type { SoftmaxAttributes } from '../attributes.ts';

export const softmaxGl: GlKernel<SoftmaxAttributes> = {
  shader: writeSoftmaxShader,
};

function writeSoftmaxShader(call: ShaderCall<SoftmaxAttributes>): string {
  const { shape } = call.output.type;
  const { axis } = call.attributes;
  const { layout } = call.output;
  const overChannels = axis === channelAxis(shape.length);
  const steps = overChannels ? layout.quads : shape[axis]!;
  const pixels = listPositions(layout).map((position) => {
    const { y, x } = existingPixel(layout, position);
    return { i: position.pixel, own: `x_pixel(n, quad, ${y}, ${x})`, walked: `walk(n, quad, ${y}, ${x}, step)` };
  });
  const walk = (write: (pixel: (typeof pixels)[number]) => string): string[] => [
    `for (int step = 0; step < ${steps}; ++step) {`,
    ...pixels.map((pixel) => indent(write(pixel))),
    '}',
  ];
  /** Four channels of one line become what the line has found, in all lanes. */
  const join = (combine: (name: string, swizzle: string) => string): string[] =>
    overChannels ? pixels.flatMap(({ i }) => ['zwxy', 'yxwz'].map((swizzle) => combine(String(i), swizzle))) : [];
  return writeFragmentShader(call, `softmax along axis ${axis}`, {
    declarations: `${accurateExp}\n\n${declareWalk(call, overChannels)}`,
    prepare: [
      ...pixels.map(({ i }) => `vec4 largest_${i} = vec4(${floatLiteral(-Infinity)}), sum_${i} = vec4(0.0);`),
      // A driver's max may lose a NaN; the exponential then brings it into the sum.
      ...walk(({ i, walked }) => `largest_${i} = max(largest_${i}, ${walked});`),
      ...join((i, swizzle) => `largest_${i} = max(largest_${i}, largest_${i}.${swizzle});`),
      ...walk(({ i, walked }) => `sum_${i} += accurate_exp(${walked} - largest_${i});`),
      ...join((i, swizzle) => `sum_${i} += sum_${i}.${swizzle};`),
    ].join('\n'),
    pixel: ({ pixel: i }) => `accurate_exp(${pixels[i]!.own} - largest_${i}) / sum_${i}`,
  });
}

/**
 * `vec4 walk(n, quad, y, x, step)`: a texel of the line, or of four lines; −Infinity beyond the last channel of one.
 */
function declareWalk({ inputs, attributes: { axis } }: ShaderCall<SoftmaxAttributes>, overChannels: boolean): string {
  const { type, layout } = inputs[0]!;
  const walked = overChannels ? 'quad' : logicalIndices(type.shape.length)[axis]!;
  const coordinates = ['n', 'quad', 'y', 'x'].map((coordinate) => (coordinate === walked ? 'step' : coordinate));
  const texel = `x_pixel(${coordinates.join(', ')})`;
  const beyond = `greaterThanEqual(ivec4(step * 4) + ivec4(0, 1, 2, 3), ivec4(${layout.grid.c}))`;
  const masked = `mix(${texel}, vec4(${floatLiteral(-Infinity)}), ${beyond})`;
  return [
    'vec4 walk(int n, int quad, int y, int x, int step) {',
    `  return ${overChannels && layout.grid.c % 4 > 0 ? masked : texel};`,
    '}',
  ].join('\n');
}
