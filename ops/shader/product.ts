/**
 * The one kernel behind conv2d and matmul: a fragment makes a block of R pixels × 4 output channels, and walks over
 * the input's channel quads and the kernel's taps. For every tap it reads 4 weight texels (4 input × 4 output
 * channels) and uses them for all R pixels, so weights cost 4/R reads a pixel; along a row the taps share the pixels
 * they overlap. Fetches, not arithmetic, are what such a shader costs (bench/README.md).
 *
 * Letters: KH × KW kernel taps, R pixels a block. Zero padding: pixels outside the picture count as zero.
 */
import type { Layout, ShaderCall } from '../../engine/index.ts';
import { divide, floatLiteral, modulo } from './accessors.ts';
import { keepFunction, reluFunction } from './comparison.ts';
import { countFragments, indent, offset, writeFragmentShader } from './fragment.ts';

export interface ProductLoop {
  readonly kernel: { readonly height: number; readonly width: number };
  /** ReLU on every element of the input as it is read. */
  readonly reluInput: boolean;
  /** Quads of output channels that a fragment sums at once (1). More than one where it does not write them all. */
  readonly groups?: number;
  /** GLSL of the weight texel for input `in_quad` and `lane` 0..3 at tap `dy`, `dx`: the 4 channels of a group. */
  weight(tap: { dx: number; lane: number; group: number }): string;
  /** Statements for a pixel once it is read, which may change it: the vec4 `name`, `column` right of the leftmost tap. */
  take?(pixel: { readonly name: string; readonly column: number }): string[];
  /** Statements before the loops, and before each tap row: what `weight` and `take` need. */
  readonly prepareWeights?: string;
  readonly prepareRow?: string;
  /** Statements after the loops. */
  readonly conclude?: string;
  /** vec4 for a group's channels to start from, e.g. the bias. */
  start(group: number): string;
}

/** A product whose sums are the result. */
export interface ProductShader extends ProductLoop {
  readonly title: string;
  /** Functions that `finish` calls. */
  readonly declarations?: string;
  /** What becomes of the sums of the pixel at `y`, `x`, one for each group. */
  finish(sums: readonly string[], position: { pixel: number; y: string; x: string }): string;
}

/** Operand `a` is the input, [N, C, H, W] in grid terms; the result has its H and W. */
export function writeProductShader(call: ShaderCall, product: ProductShader): string {
  return writeFragmentShader(call, product.title, {
    declarations: [productDeclarations(product), ...(product.declarations ? [product.declarations] : [])].join('\n\n'),
    prepare: writeProductLoop(call, product),
    pixel: (position) => product.finish(listSums(product, position.pixel), position),
  });
}

/** The variable that holds a group's sum for a pixel of the block. */
export function sumName({ groups = 1 }: ProductLoop, group: number, pixel: number): string {
  return groups === 1 ? `sum_${pixel}` : `sum_${group}_${pixel}`;
}

function listSums(product: ProductLoop, pixel: number): string[] {
  return Array.from({ length: product.groups ?? 1 }, (_, group) => sumName(product, group, pixel));
}

/** Statements that declare the sums of a block and compute them. */
export function writeProductLoop(call: ShaderCall, product: ProductLoop): string {
  const input = call.inputs[0]!.layout;
  const output = call.output.layout;
  const { groups = 1 } = product;
  const declared = Array.from({ length: groups }, (_, group) => {
    const sums = Array.from({ length: output.targets }, (_, pixel) => sumName(product, group, pixel));
    return [`vec4 ${sums[0]} = ${product.start(group)};`, ...sums.slice(1).map((sum) => `vec4 ${sum} = ${sums[0]};`)];
  });
  return [
    ...declared.flat(),
    ...(product.prepareWeights ? [product.prepareWeights] : []),
    writeLoopHead(input.quads, product.kernel.height),
    ...(isTiled(input) ? [] : [`  ivec3 plane_place = a_place(n * ${input.quads} + in_quad, 0, 0);`]),
    indent(writeTapRow(input, output, product)),
    '}',
    ...(product.conclude ? [product.conclude] : []),
  ].join('\n');
}

/**
 * One loop over channel quads and tap rows: two loops, one in the other, cost llvmpipe a quarter of the time
 * (bench/lab), since it keeps what a loop carries in memory and masks lanes wherever one ends.
 */
function writeLoopHead(quads: number, height: number): string {
  if (height === 1) return `for (int in_quad = 0; in_quad < ${quads}; ++in_quad) {\n  const int dy = 0;`;
  return [
    `for (int turn = 0; turn < ${quads * height}; ++turn) {`,
    `  int in_quad = turn / ${height};`,
    `  int dy = turn - in_quad * ${height};`,
  ].join('\n');
}

/** Functions that the loop calls. */
export function productDeclarations({ reluInput }: ProductLoop): string {
  return reluInput ? `${keepFunction}\n\n${reluFunction}` : keepFunction;
}

function isTiled({ tiles }: Layout): boolean {
  return tiles.x * tiles.y > 1;
}

/** One row of taps: reads the pixels it covers, then its weights, and adds. */
function writeTapRow(input: Layout, output: Layout, product: ProductLoop): string {
  const { kernel, groups = 1 } = product;
  const { height, width } = kernel;
  const { block } = output;
  const span = block.width + width - 1;
  const lines: string[] = [];
  for (let row = 0; row < block.height; row++) {
    lines.push(`int y_${row} = y0 + dy + ${row - (height - 1) / 2};`);
    if (height > 1 || input.grid.h % block.height > 0) {
      lines.push(`bool in_y_${row} = y_${row} >= 0 && y_${row} < ${input.grid.h};`);
    }
    for (let i = 0; i < span; i++) {
      const read = readPixel(input, output, product, row, i);
      const name = `pixel_${row}_${i}`;
      lines.push(`vec4 ${name} = ${product.reluInput ? `relu(${read})` : read};`);
      if (product.take) lines.push(...product.take({ name, column: i }));
    }
  }
  if (product.prepareRow) lines.push(product.prepareRow);
  for (let dx = 0; dx < width; dx++) {
    for (let group = 0; group < groups; group++) lines.push(...writeTap(output, product, dx, group));
  }
  return lines.join('\n');
}

/** The four weights of a tap for a group of channels, and what they add to every pixel of the block. */
function writeTap({ targets, block }: Layout, product: ProductLoop, dx: number, group: number): string[] {
  const weight = (lane: number): string => `weight_${product.groups ? `${group}_` : ''}${dx}_${lane}`;
  const lanes = [0, 1, 2, 3].map((lane) => `vec4 ${weight(lane)} = ${product.weight({ dx, lane, group })};`);
  const sums = Array.from({ length: targets }, (_, pixel) => {
    const from = `pixel_${Math.floor(pixel / block.width)}_${(pixel % block.width) + dx}`;
    const terms = ['x', 'y', 'z', 'w'].map((lane, index) => `${from}.${lane} * ${weight(index)}`);
    return `${sumName(product, group, pixel)} += ${terms.join(' + ')};`;
  });
  return [...lanes, ...sums];
}

/**
 * The texel of the pixel `i` columns right of the leftmost tap. Where it may lie outside the picture the value is
 * selected, never multiplied, so that whatever a clamped read returns (Infinity, NaN) stays out.
 */
function readPixel(input: Layout, output: Layout, { kernel }: ProductLoop, row: number, i: number): string {
  const { width: outWidth } = output.block;
  const shift = i - (kernel.width - 1) / 2;
  const x = offset('x0', shift);
  const conditions: string[] = [];
  if (kernel.height > 1 || input.grid.h % output.block.height > 0) conditions.push(`in_y_${row}`);
  if (shift < 0) conditions.push(`${x} >= 0`);
  if (shift >= outWidth || input.grid.w % outWidth > 0) conditions.push(`${x} < ${input.grid.w}`);
  const texel = fetchPixel(input, output, row, x, shift);
  return conditions.length > 0 ? `keep_if(${conditions.join(' && ')}, ${texel})` : texel;
}

function fetchPixel(input: Layout, output: Layout, row: number, x: string, shift: number): string {
  const { block } = input;
  // A coordinate that may be negative is only ever used where the value is then thrown away.
  const safeX = shift < 0 || shift >= output.block.width ? `clamp(${x}, 0, ${input.grid.w - 1})` : x;
  if (isTiled(input)) return `a_pixel(n, in_quad, clamp(y_${row}, 0, ${input.grid.h - 1}), ${safeX})`;
  const y = `plane_place.y + ${divide(`y_${row}`, block.height)}`;
  const rowLayer = block.height > 1 ? `${modulo(`y_${row}`, block.height)} * ${block.width} + ` : '';
  if (block.width === output.block.width) {
    // Same blocks: which neighbour block and which layer a tap falls into is known now.
    const neighbour = Math.floor(shift / block.width);
    const layer = shift - neighbour * block.width;
    return `a_fetch(plane_place.x + ${offset('block_x', neighbour)}, ${y}, plane_place.z + ${rowLayer}${layer})`;
  }
  const column = `plane_place.x + ${divide(`(${safeX})`, block.width)}`;
  return `a_fetch(${column}, ${y}, plane_place.z + ${rowLayer}${modulo(`(${safeX})`, block.width)})`;
}

/** Texture reads of one whole draw. */
export function countProductFetches({ inputs, output }: ShaderCall, kernel: ProductLoop['kernel']): number {
  const { block } = output.layout;
  const perTapRow = block.height * (block.width + kernel.width - 1) + 4 * kernel.width;
  return countFragments(output.layout) * inputs[0]!.layout.quads * kernel.height * perTapRow;
}

/** `base + gain · sum`, the residual written with the product. */
export function addResidual(sum: string, residual: string, gain: number): string {
  return `${residual} + ${floatLiteral(gain)} * ${sum}`;
}
