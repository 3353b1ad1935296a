/**
 * The two draws of conv2d_by_weight in GLSL. A fragment of the first makes, of one tap, four output channels by as many
 * input channels as there are render targets: with eight, three reads a pixel serve 32 multiply-adds. It walks rows of
 * pixels a block of the cotangent at a time, whose texels lie at one place.
 */
import type { GlKernel, ShaderCall } from '../../../engine/index.ts';
import { reluFunction } from '../../shader/comparison.ts';
import {
  countFragments,
  indent,
  singlePixelBlock,
  writeElementShader,
  writeFragmentShader,
} from '../../shader/fragment.ts';
import type { ByWeightPartsAttributes, Conv2dByWeightAttributes } from '../attributes.ts';

type PartsCall = ShaderCall<ByWeightPartsAttributes>;

export const byWeightPartsGl: GlKernel<ByWeightPartsAttributes> = {
  shader: writePartsShader,
  fetches(call) {
    const { block } = call.output.layout;
    const perPixel = 1 + block.height * countQuads(block.width);
    return countFragments(call.output.layout) * call.attributes.rows * call.inputs[0]!.layout.grid.w * perPixel;
  },
};

export const sumWeightPartsGl: GlKernel<Pick<Conv2dByWeightAttributes, 'kernel'>> = {
  shader: writeSumShader,
  block: () => singlePixelBlock,
  fetches: ({ inputs, output }) => countFragments(output.layout) * 4 * inputs[0]!.layout.grid.n,
};

/** Quads of input channels that the pixels of a block's row lie in: rows of one or two are part of a quad. */
function countQuads(width: number): number {
  return Math.max(1, width / 4);
}

function writePartsShader(call: PartsCall): string {
  const { kernel, stride, rows, reluInput } = call.attributes;
  const [cotangent, x] = call.inputs;
  const { targets, block } = call.output.layout;
  const { n, h, w } = cotangent!.layout.grid;
  const step = cotangent!.layout.block.width;
  const across = Math.ceil(w / step);
  const tapRows = Array.from({ length: block.height }, (_, row) => row);
  const quads = Array.from({ length: countQuads(block.width) }, (_, index) => index);
  const prepare = [
    ...Array.from({ length: targets }, (_, pixel) => `vec4 sum_${pixel} = vec4(0.0);`),
    ...tapRows.flatMap((row) => [
      `int tap_${row} = min(y0 + ${row}, ${kernel[0] * kernel[1] - 1});`,
      `int dy_${row} = tap_${row} / ${kernel[1]};`,
      `int dx_${row} = tap_${row} - dy_${row} * ${kernel[1]};`,
    ]),
    ...quads.map((index) => `int in_quad_${index} = min((x0 >> 2) + ${index}, ${x!.layout.quads - 1});`),
    `int first_row = n * ${rows};`,
    `int turns = (min(first_row + ${rows}, ${n * h}) - first_row) * ${across};`,
    'for (int turn = 0; turn < turns; ++turn) {',
    indent(
      [
        `int down = turn / ${across};`,
        `int left = (turn - down * ${across}) * ${step};`,
        `int image = (first_row + down) / ${h};`,
        `int row = first_row + down - image * ${h};`,
        ...tapRows.map((tap) => `int y_${tap} = row * ${stride} + dy_${tap} - ${call.attributes.before[0]};`),
        ...Array.from({ length: step }, (_, pixel) => writePixel(call, pixel, tapRows, quads)).flat(),
      ].join('\n'),
    ),
    '}',
  ];
  return writeFragmentShader(call, 'conv2d by weight, parts of the pixels', {
    declarations: reluInput ? reluFunction : '',
    prepare: prepare.join('\n'),
    pixel: ({ pixel }) => `sum_${pixel}`,
  });
}

/** What one pixel of the cotangent adds to every sum. */
function writePixel(call: PartsCall, pixel: number, tapRows: readonly number[], quads: readonly number[]): string[] {
  const { stride, before, reluInput } = call.attributes;
  const { block } = call.output.layout;
  const { grid, block: step } = call.inputs[0]!.layout;
  const { h, w } = call.inputs[1]!.layout.grid;
  const own = `g_${pixel}`;
  const place = `left + ${pixel}`;
  const read = `cotangent_pixel(image, quad, row, ${grid.w % step.width === 0 ? place : `min(${place}, ${grid.w - 1})`})`;
  const lines = [`vec4 ${own} = ${read};`];
  if (grid.w % step.width > 0) lines.push(`${own} = ${place} < ${grid.w} ? ${own} : vec4(0.0);`);
  for (const row of tapRows) {
    const column = `x_${pixel}_${row}`;
    lines.push(
      `int ${column} = (${place}) * ${stride} + dx_${row} - ${before[1]};`,
      `bool in_${column} = y_${row} >= 0 && y_${row} < ${h} && ${column} >= 0 && ${column} < ${w};`,
    );
    for (const index of quads) {
      const texel = `x_pixel(image, in_quad_${index}, clamp(y_${row}, 0, ${h - 1}), clamp(${column}, 0, ${w - 1}))`;
      const name = `v_${pixel}_${row}_${index}`;
      lines.push(`vec4 ${name} = ${texel};`);
      lines.push(`${name} = in_${column} ? ${reluInput ? `relu(${name})` : name} : vec4(0.0);`);
    }
    for (let i = 0; i < block.width; i++) {
      const from = `v_${pixel}_${row}_${i >> 2}`;
      const lane = block.width < 4 ? `[(x0 & 3) + ${i}]` : `.${'xyzw'[i % 4]!}`;
      lines.push(`sum_${row * block.width + i} += ${own} * ${from}${lane};`);
    }
  }
  return lines;
}

function writeSumShader(call: ShaderCall<Pick<Conv2dByWeightAttributes, 'kernel'>>): string {
  const { n } = call.inputs[0]!.layout.grid;
  const [, width] = call.attributes.kernel;
  const element = `float element(int n, int c, int y, int x) {
  float sum = 0.0;
  for (int part = 0; part < ${n}; ++part) sum += parts_at(part, n, y * ${width} + x, c);
  return sum;
}`;
  return writeElementShader(call, 'sums of parts as a weight', element);
}
