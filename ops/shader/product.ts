/**
 * The one kernel behind conv2d and matmul: a fragment makes a block of R pixels × 4 output channels, and walks over
 * the input's channel quads and the kernel's taps. For every tap it reads 4 weight texels (4 input × 4 output
 * channels) and uses them for all R pixels, so weights cost 4/R reads a pixel; along a row the taps share the pixels
 * they overlap. Fetches, not arithmetic, are what such a shader costs (bench/README.md).
 *
 * An f16 input is walked over by octets, 8 channels a fetch, and a fragment that writes f16 makes 8 output channels, two
 * groups, whose 8 weights are a fetch where they are f16 too: 32 multiply-adds a fetch in the place of 10.7. Sums are
 * fp32 whatever the operands.
 *
 * Letters: KH × KW kernel taps, R pixels a block. Zero padding: pixels outside the picture count as zero.
 */
import type { Layout, ShaderCall } from '../../engine/index.ts';
import { divide, floatLiteral, modulo, texelType } from './accessors.ts';
import { keepFunction, keepHalvesFunction, reluFunction } from './comparison.ts';
import { countFragments, indent, offset, writeFragmentShader } from './fragment.ts';

/** How a fragment's output channels are grouped. */
export type WeightGroups = Pick<ProductLoop, 'groups' | 'pairedWeights'>;

/** As many groups as a texel of the result has quads, paired where the weights (operand `b`) are octets too. */
export function groupsOf({ inputs, output }: Pick<ShaderCall, 'inputs' | 'output'>): WeightGroups {
  const groups = output.layout.lanes / 4;
  return { groups, pairedWeights: groups === 2 && inputs[1]!.layout.lanes === 8 };
}

export interface ProductLoop {
  readonly kernel: { readonly height: number; readonly width: number };
  /** ReLU on every element of the input as it is read. */
  readonly reluInput: boolean;
  /** Quads of output channels that a fragment sums at once: as many as it writes, or more where it keeps the best. */
  readonly groups: number;
  /** Whether a texel of weights serves both groups: octets. Then only the first is asked for. */
  readonly pairedWeights: boolean;
  /**
   * GLSL of the weights for the channel `lane` of the input's texel `in_quad` (`in_octet`) at tap `dy`, `dx`: a vec4 for
   * the 4 channels of a group, a mat2x4 if paired.
   */
  weight(tap: { dx: number; lane: number; group: number }): string;
  /** Statements before the loops, and before each tap row: what `weight` needs. */
  readonly prepareWeights?: string;
  readonly prepareRow?: string;
  /** vec4 for a group's channels to start from, e.g. the bias. */
  start(group: number): string;
}

/** A product whose sums are the result: as many groups as a texel of it has quads. */
export interface ProductShader extends Omit<ProductLoop, keyof WeightGroups> {
  readonly title: string;
  /** What becomes of the sum of the pixel at `y`, `x`: an expression of the result's texel type, as `sum` is. */
  finish(sum: string, position: { y: string; x: string }): string;
}

/** Operand `a` is the input, [N, C, H, W] in grid terms; the result has its H and W. */
export function writeProductShader(call: ShaderCall, shader: ProductShader): string {
  const product = { ...shader, ...groupsOf(call) };
  return writeFragmentShader(call, product.title, {
    declarations: productDeclarations(call, product),
    prepare: writeProductLoop(call, product),
    pixel({ pixel, y, x }) {
      const sums = Array.from({ length: product.groups }, (_, group) => sumName(product, group, pixel));
      return product.finish(product.groups === 2 ? `mat2x4(${sums.join(', ')})` : sums[0]!, { y, x });
    },
  });
}

/** The variable that holds a group's sum for a pixel of the block. */
export function sumName({ groups }: ProductLoop, group: number, pixel: number): string {
  return groups === 1 ? `sum_${pixel}` : `sum_${group}_${pixel}`;
}

/** Statements that declare the sums of a block and compute them. */
export function writeProductLoop(call: ShaderCall, product: ProductLoop): string {
  const input = call.inputs[0]!.layout;
  const output = call.output.layout;
  const declared = Array.from({ length: product.groups }, (_, group) => {
    const sums = Array.from({ length: output.targets }, (_, pixel) => sumName(product, group, pixel));
    return [`vec4 ${sums[0]} = ${product.start(group)};`, ...sums.slice(1).map((sum) => `vec4 ${sum} = ${sums[0]};`)];
  });
  return [
    ...declared.flat(),
    ...(product.prepareWeights ? [product.prepareWeights] : []),
    writeLoopHead(input, product.kernel.height),
    ...(isTiled(input) ? [] : [`  ivec3 plane_place = a_place(n * ${input.depth} + ${inputIndex(input)}, 0, 0);`]),
    indent(writeTapRow(input, output, product)),
    '}',
  ].join('\n');
}

/**
 * One loop over texels of channels and tap rows: two loops, one in the other, cost llvmpipe a quarter of the time
 * (bench/lab), since it keeps what a loop carries in memory and masks lanes wherever one ends.
 */
function writeLoopHead(input: Layout, height: number): string {
  const index = inputIndex(input);
  if (height === 1) return `for (int ${index} = 0; ${index} < ${input.depth}; ++${index}) {\n  const int dy = 0;`;
  return [
    `for (int turn = 0; turn < ${input.depth * height}; ++turn) {`,
    `  int ${index} = turn / ${height};`,
    `  int dy = turn - ${index} * ${height};`,
  ].join('\n');
}

/** Which texel of the input's channels a turn of the loop reads. */
export function inputIndex({ lanes }: Layout): string {
  return lanes === 8 ? 'in_octet' : 'in_quad';
}

/** Functions that the loop calls. An f16 input is clipped as it is unpacked, and chosen before. */
export function productDeclarations({ inputs: [input] }: ShaderCall, { reluInput }: ProductLoop): string {
  if (input!.layout.lanes === 8) return keepHalvesFunction;
  return reluInput ? `${keepFunction}\n\n${reluFunction}` : keepFunction;
}

function isTiled({ tiles }: Layout): boolean {
  return tiles.x * tiles.y > 1;
}

/** One row of taps: reads the pixels it covers, then its weights, and adds. */
function writeTapRow(input: Layout, output: Layout, product: ProductLoop): string {
  const { kernel, groups } = product;
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
      lines.push(`${texelType(input)} pixel_${row}_${i} = ${unpackPixel(input, product, read)};`);
    }
  }
  if (product.prepareRow) lines.push(product.prepareRow);
  for (let dx = 0; dx < width; dx++) {
    for (let group = 0; group < groups; group++) lines.push(...writeTap(input, output, product, dx, group));
  }
  return lines.join('\n');
}

/** What a texel as it was read becomes before it is multiplied. */
function unpackPixel({ lanes }: Layout, { reluInput }: ProductLoop, read: string): string {
  if (lanes === 8) return `unpack_${reluInput ? 'clipped' : 'operand'}(${read})`;
  return reluInput ? `relu(${read})` : read;
}

/** The weights of a tap for a group of channels, and what they add to every pixel of the block. */
function writeTap(
  input: Layout,
  { targets, block }: Layout,
  product: ProductLoop,
  dx: number,
  group: number,
): string[] {
  const { pairedWeights, groups } = product;
  const name = (lane: number): string => `weight_${groups > 1 && !pairedWeights ? `${group}_` : ''}${dx}_${lane}`;
  const lanes = Array.from({ length: input.lanes }, (_, lane) => lane);
  const declare = (lane: number): string => {
    return `${pairedWeights ? 'mat2x4' : 'vec4'} ${name(lane)} = ${product.weight({ dx, lane, group })};`;
  };
  const weight = (lane: number): string => (pairedWeights ? `${name(lane)}[${group}]` : name(lane));
  const sums = Array.from({ length: targets }, (_, pixel) => {
    const from = `pixel_${Math.floor(pixel / block.width)}_${(pixel % block.width) + dx}`;
    const terms = lanes.map((lane) => `${from}${selectLane(input, lane)} * ${weight(lane)}`);
    return `${sumName(product, group, pixel)} += ${terms.join(' + ')};`;
  });
  return pairedWeights && group > 0 ? sums : [...lanes.map(declare), ...sums];
}

/** The scalar of a channel in an unpacked texel. */
function selectLane({ lanes }: Layout, lane: number): string {
  const component = 'xyzw'[lane % 4]!;
  return lanes === 8 ? `[${Math.floor(lane / 4)}].${component}` : `.${component}`;
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
  if (isTiled(input)) {
    const accessor = input.lanes === 8 ? 'a_texel' : 'a_pixel';
    return `${accessor}(n, ${inputIndex(input)}, clamp(y_${row}, 0, ${input.grid.h - 1}), ${safeX})`;
  }
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
export function countProductFetches(
  { inputs, output }: Pick<ShaderCall, 'inputs' | 'output'>,
  kernel: ProductLoop['kernel'],
  { groups, pairedWeights }: WeightGroups = groupsOf({ inputs, output }),
): number {
  const { block } = output.layout;
  const { lanes, depth } = inputs[0]!.layout;
  const weights = lanes * kernel.width * (pairedWeights ? 1 : groups);
  const perTapRow = block.height * (block.width + kernel.width - 1) + weights;
  return countFragments(output.layout) * depth * kernel.height * perTapRow;
}

/** `base + gain · sum`, the residual written with the product. */
export function addResidual(sum: string, residual: string, gain: number): string {
  return `${residual} + ${floatLiteral(gain)} * ${sum}`;
}
