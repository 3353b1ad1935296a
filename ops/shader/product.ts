/**
 * The one kernel behind conv2d and matmul: a fragment makes a block of R pixels × 4 output channels, and walks over
 * the input's channel quads and the kernel's taps. For every tap it reads 4 weight texels (4 input × 4 output
 * channels) and uses them for all R pixels, so weights cost 4/R reads a pixel; along a row the taps share the pixels
 * they overlap. Fetches, not arithmetic, are what such a shader costs (bench/README.md).
 *
 * Of f16 a fragment makes 8 output channels, two groups, and where input and weights are f16 too it walks over octets:
 * 8 channels a fetch, 8 weights a fetch, 32 multiply-adds a fetch in the place of 10.7. Sums are fp32 always.
 *
 * Letters: KH × KW kernel taps, R pixels a block. Zero padding: pixels outside the picture count as zero.
 */
import type { ShaderCall } from '../../engine/index.ts';
import { floatLiteral } from './accessors.ts';
import { keepFunctions } from './comparison.ts';
import { countFragments, indent, writeFragmentShader } from './fragment.ts';
import { firstBlock, fragmentOrigin, readPixel, readsBlock, readsPlaces, stepOf, windowsOf } from './product-pixels.ts';
import type { PixelReading, Step } from './product-pixels.ts';

export interface ProductLoop extends PixelReading {
  /** ReLU on every element of the input as it is read. */
  readonly reluInput: boolean;
  /**
   * Quads of output channels that a fragment sums at once: more than a texel of the result has where it combines them.
   */
  readonly groups?: number;
  /** Whether a weight is a mat2x4 that serves two groups. Then only the first group's is asked for. */
  readonly pairedWeights?: boolean;
  /**
   * GLSL of the weights for channel `lane` of `in_quad`, or `in_octet`, of the input at tap `dy`, `dx`: a vec4 for the
   * 4 channels of a group, or a mat2x4.
   */
  weight(tap: { dx: number; lane: number; group: number }): string;
  /**
   * Statements for a pixel once it is read, which may change it: the vec4 `name`, `column` right of the leftmost tap.
   */
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
  /**
   * What becomes of the sums of the pixel at `y`, `x`, one for each group: an expression of the result's texel type.
   */
  finish(sums: readonly string[], position: { pixel: number; y: string; x: string }): string;
}

/** The first operand is the input, [N, C, H, W] in grid terms; the result has its H and W. */
export function writeProductShader(call: ShaderCall, product: ProductShader): string {
  return writeFragmentShader(call, product.title, {
    declarations: [productDeclarations(call, product), ...(product.declarations ? [product.declarations] : [])].join(
      '\n\n',
    ),
    prepare: writeProductLoop(call, product),
    pixel: (position) => product.finish(listSums(call, product, position.pixel), position),
  });
}

/** The variable that holds a group's sum for a pixel of the block. */
export function sumName(call: ShaderCall, product: ProductLoop, group: number, pixel: number): string {
  return countGroups(call, product) === 1 ? `sum_${pixel}` : `sum_${group}_${pixel}`;
}

function listSums(call: ShaderCall, product: ProductLoop, pixel: number): string[] {
  return Array.from({ length: countGroups(call, product) }, (_, group) => sumName(call, product, group, pixel));
}

/** Unless told, a fragment sums what a texel of the result holds. */
function countGroups({ output }: Pick<ShaderCall, 'output'>, { groups }: Pick<ProductLoop, 'groups'>): number {
  return groups ?? output.layout.lanes / 4;
}

/** The sums of a pixel as a texel of the result. */
export function joinSums(sums: readonly string[]): string {
  return sums.length === 2 ? `mat2x4(${sums.join(', ')})` : sums[0]!;
}

/** Statements that declare the sums of a block and compute them. */
export function writeProductLoop(call: ShaderCall, product: ProductLoop): string {
  const { name, layout: input } = call.inputs[0]!;
  const output = call.output.layout;
  const step = stepOf(input, product);
  const plane = `n * ${input.depth} + ${step.index}`;
  const declared = Array.from({ length: countGroups(call, product) }, (_, group) => {
    const sums = Array.from({ length: output.targets }, (_, pixel) => sumName(call, product, group, pixel));
    return [`vec4 ${sums[0]} = ${product.start(group)};`, ...sums.slice(1).map((sum) => `vec4 ${sum} = ${sums[0]};`)];
  });
  return [
    ...declared.flat(),
    ...(product.prepareWeights ? [product.prepareWeights] : []),
    writeLoopHead(step, product.kernel.height),
    ...(readsPlaces(input, step) ? [`  ivec3 plane_place = ${name}_place(${plane}, 0, 0);`] : []),
    ...(readsBlock(call, product, step)
      ? [`  ivec3 block_place = ${name}_place(${plane}, ${firstBlock(input, product)});`]
      : []),
    indent(writeTapRow(call, product, step)),
    '}',
    ...(product.conclude ? [product.conclude] : []),
  ].join('\n');
}

/**
 * One loop over texels of channels and tap rows: two loops, one in the other, cost llvmpipe a quarter of the time
 * (bench/lab), since it keeps what a loop carries in memory and masks lanes wherever one ends.
 */
function writeLoopHead({ index, count }: Step, height: number): string {
  if (height === 1) return `for (int ${index} = 0; ${index} < ${count}; ++${index}) {\n  const int dy = 0;`;
  return [
    `for (int turn = 0; turn < ${count * height}; ++turn) {`,
    `  int ${index} = turn / ${height};`,
    `  int dy = turn - ${index} * ${height};`,
  ].join('\n');
}

/** Functions that the loop calls. */
export function productDeclarations({ inputs: [input] }: ShaderCall, product: ProductLoop): string {
  return keepFunctions(stepOf(input!.layout, product).lanes, product.reluInput);
}

/** One row of taps: reads the pixels it covers, then its weights, and adds. */
function writeTapRow(call: ShaderCall, product: ProductLoop, step: Step): string {
  const [input, output] = [call.inputs[0]!.layout, call.output.layout];
  const { kernel, strides, origin = fragmentOrigin } = product;
  const { height, width } = kernel;
  const { stride, top } = windowsOf(product);
  const { block } = output;
  const span = (block.width - 1) * stride + width;
  const lines: string[] = [];
  for (let row = 0; row < block.height; row++) {
    const first = stride === 1 ? origin.y : `${origin.y} * ${stride}`;
    lines.push(`int y_${row} = ${first} + dy + ${row * stride - top};`);
    if (strides || height > 1 || input.grid.h % block.height > 0) {
      lines.push(`bool in_y_${row} = y_${row} >= 0 && y_${row} < ${input.grid.h};`);
    }
    for (let i = 0; i < span; i++) {
      const read = readPixel(call, product, step, row, i);
      const name = `pixel_${row}_${i}`;
      lines.push(`${step.lanes === 8 ? 'mat2x4' : 'vec4'} ${name} = ${unpackPixel(step, product, read)};`);
      if (product.take) lines.push(...product.take({ name, column: i }));
    }
  }
  if (product.prepareRow) lines.push(product.prepareRow);
  for (let dx = 0; dx < width; dx++) {
    for (let group = 0; group < countGroups(call, product); group++) {
      lines.push(...writeTap(call, product, step, dx, group));
    }
  }
  return lines.join('\n');
}

/** What a texel as it was read becomes before it is multiplied. */
function unpackPixel({ lanes }: Step, { reluInput }: ProductLoop, read: string): string {
  if (lanes === 8) return `unpack_${reluInput ? 'clipped' : 'operand'}(${read})`;
  return reluInput ? `relu(${read})` : read;
}

/** The weights of a tap for a group of channels, and what they add to every pixel of the block. */
function writeTap(call: ShaderCall, product: ProductLoop, step: Step, dx: number, group: number): string[] {
  const { targets, block } = call.output.layout;
  const { pairedWeights = false } = product;
  const { stride } = windowsOf(product);
  const several = countGroups(call, product) > 1 && !pairedWeights;
  const name = (lane: number): string => `weight_${several ? `${group}_` : ''}${dx}_${lane}`;
  const lanes = Array.from({ length: step.lanes }, (_, lane) => lane);
  const declare = (lane: number): string => {
    return `${pairedWeights ? 'mat2x4' : 'vec4'} ${name(lane)} = ${product.weight({ dx, lane, group })};`;
  };
  const weight = (lane: number): string => (pairedWeights ? `${name(lane)}[${group}]` : name(lane));
  const sums = Array.from({ length: targets }, (_, pixel) => {
    const from = `pixel_${Math.floor(pixel / block.width)}_${(pixel % block.width) * stride + dx}`;
    const terms = lanes.map((lane) => `${from}${selectLane(step, lane)} * ${weight(lane)}`);
    return `${sumName(call, product, group, pixel)} += ${terms.join(' + ')};`;
  });
  return pairedWeights && group > 0 ? sums : [...lanes.map(declare), ...sums];
}

/** The scalar of a channel in an unpacked texel. */
function selectLane({ lanes }: Step, lane: number): string {
  const component = 'xyzw'[lane % 4]!;
  return lanes === 8 ? `[${Math.floor(lane / 4)}].${component}` : `.${component}`;
}

/** Texture reads of one whole draw. */
export function countProductFetches(
  { inputs, output }: Pick<ShaderCall, 'inputs' | 'output'>,
  product: Pick<ProductLoop, 'kernel' | 'strides' | 'groups' | 'pairedWeights' | 'takesOctets'>,
): number {
  const { block } = output.layout;
  const { height, width } = product.kernel;
  const { lanes, count } = stepOf(inputs[0]!.layout, product);
  const weights = lanes * width * (product.pairedWeights ? 1 : countGroups({ output }, product));
  const perTapRow = block.height * ((block.width - 1) * (product.strides?.stride ?? 1) + width) + weights;
  return countFragments(output.layout) * count * height * perTapRow;
}

/** `base + gain · sum`, the residual written with the product. */
export function addResidual(sum: string, residual: string, gain: number): string {
  return `${residual} + ${floatLiteral(gain)} * ${sum}`;
}
