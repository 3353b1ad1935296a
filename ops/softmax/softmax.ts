/**
 * softmax along any axis, as `torch.softmax(x, dim)`: x of rank 1 to 4 → the same shape, each line along the axis
 * positive with sum 1. The largest number of a line is subtracted first, so that no exponential overflows.
 *
 * R pixels a fragment, for one quad of channels; each fragment walks its whole lines twice, for the largest number and
 * for the sum, so this is the plain form and not the fast one.
 */
import { apply, resolveAxis, stridesOf, checkTensor } from '../../engine/index.ts';
import type { Op, ReferenceCall, ShaderCall, Tensor } from '../../engine/index.ts';
import { accurateExp } from '../elementwise/accurate.glsl.ts';
import { viewResult } from '../reduce/axes.ts';
import { floatLiteral } from '../shader/accessors.ts';
import { existingPixel, indent, listPositions, writeFragmentShader } from '../shader/fragment.ts';
import { channelAxis, logicalIndices } from '../shader/indices.ts';
import { visitTogether } from '../strided.ts';

export interface SoftmaxAttributes {
  readonly axis: number;
}

export const softmaxOp: Op<SoftmaxAttributes> = {
  name: 'softmax',
  operands: ['x'],
  infer: ([x]) => ({ shape: x!.shape, dtype: 'f32' }),
  reference: computeSoftmax,
  describe: ({ axis }) => `axis ${axis}`,
  kernels: {
    webgl: {
      shader: writeSoftmaxShader,
    },
  },
};

/**
 * e^x over its sum along `axis` (negative: from the last). −Infinity gives 0; a line of nothing but −Infinity, or one
 * with a NaN or +Infinity in it, gives NaN throughout.
 * @throws ShapeError `E_ATTRIBUTE` for an axis that x does not have: a scalar has none.
 */
export function softmax(x: Tensor, axis = -1): Tensor {
  checkTensor('softmax', x);
  return apply(softmaxOp, [x], { axis: resolveAxis('softmax', axis, x.shape.length) });
}

function computeSoftmax({ inputs, inputTypes, output, attributes: { axis } }: ReferenceCall<SoftmaxAttributes>): void {
  const [x] = inputs;
  const { shape } = inputTypes[0]!;
  const every = { start: 0, strides: stridesOf(shape) };
  const lines = viewResult(shape, [axis]);
  const count = output.length / shape[axis]!;
  const largest = new Float64Array(count).fill(-Infinity);
  const sums = new Float64Array(count);
  const exponentials = new Float64Array(output.length);
  visitTogether(shape, every, lines, (at, line) => (largest[line] = Math.max(largest[line]!, x![at]!)));
  visitTogether(shape, every, lines, (at, line) => {
    exponentials[at] = Math.exp(x![at]! - largest[line]!);
    sums[line]! += exponentials[at]!;
  });
  visitTogether(shape, every, lines, (at, line) => (output[at] = exponentials[at]! / sums[line]!));
}

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

/** `vec4 walk(n, quad, y, x, step)`: a texel of the line, or of four lines; −Infinity beyond the last channel of one. */
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
