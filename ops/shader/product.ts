/**
 * The one kernel behind conv2d and matmul: a fragment makes a block of R pixels × 4 output channels, and walks over
 * the input's channel quads and the kernel's taps. For every tap it reads 4 weight texels (4 input × 4 output
 * channels) and uses them for all R pixels, so weights cost 4/R reads a pixel; along a row the taps share the pixels
 * they overlap. Fetches, not arithmetic, are what such a shader costs (bench/README.md).
 *
 * Of f16 a fragment makes 8 output channels, two groups, and where input and weights are f16 too it walks over octets: 8
 * channels a fetch, 8 weights a fetch, 32 multiply-adds a fetch in the place of 10.7. Sums are fp32 always.
 *
 * Letters: KH × KW kernel taps, R pixels a block. Zero padding: pixels outside the picture count as zero.
 */
import type { Layout, ShaderCall } from '../../engine/index.ts';
import { divide, floatLiteral, modulo } from './accessors.ts';
import { keepFunctions } from './comparison.ts';
import { countFragments, indent, offset, writeFragmentShader } from './fragment.ts';

export interface ProductLoop {
  readonly kernel: { readonly height: number; readonly width: number };
  /** ReLU on every element of the input as it is read. */
  readonly reluInput: boolean;
  /** Quads of output channels that a fragment sums at once: more than a texel of the result has where it combines them. */
  readonly groups?: number;
  /** Whether a weight is a mat2x4 that serves two groups. Then only the first group's is asked for. */
  readonly pairedWeights?: boolean;
  /** Whether `weight` knows 8 lanes, so that an f16 input can be walked over by octets. */
  readonly takesOctets?: boolean;
  /**
   * GLSL of the weights for channel `lane` of `in_quad`, or `in_octet`, of the input at tap `dy`, `dx`: a vec4 for the 4
   * channels of a group, or a mat2x4.
   */
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
  /** Where the block lies that the loop makes [where the fragment's does]. */
  readonly origin?: Origin;
}

/** GLSL of a block's first pixel, `y` and `x`, and of the column that the block has among blocks of its size. */
export interface Origin {
  readonly y: string;
  readonly x: string;
  readonly column: string;
}

/** The block of the fragment (fragment.ts). */
const fragmentOrigin: Origin = { y: 'y0', x: 'x0', column: 'block_x' };

/** A product whose sums are the result. */
export interface ProductShader extends ProductLoop {
  readonly title: string;
  /** Functions that `finish` calls. */
  readonly declarations?: string;
  /** What becomes of the sums of the pixel at `y`, `x`, one for each group: an expression of the result's texel type. */
  finish(sums: readonly string[], position: { pixel: number; y: string; x: string }): string;
}

/** Operand `a` is the input, [N, C, H, W] in grid terms; the result has its H and W. */
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
    ...(readsBlock(call, product.kernel, step)
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

/** The channels of the input that a turn of the loop reads. */
interface Step {
  readonly lanes: 4 | 8;
  readonly index: 'in_quad' | 'in_octet';
  readonly count: number;
}

function stepOf({ lanes, quads, depth }: Layout, { takesOctets }: Pick<ProductLoop, 'takesOctets'>): Step {
  if (takesOctets && lanes === 8) return { lanes, index: 'in_octet', count: depth };
  return { lanes: 4, index: 'in_quad', count: quads };
}

/** Functions that the loop calls. */
export function productDeclarations({ inputs: [input] }: ShaderCall, product: ProductLoop): string {
  return keepFunctions(stepOf(input!.layout, product).lanes, product.reluInput);
}

/** Whether texels are fetched by their places: where planes are whole, and a turn reads a whole texel. */
function readsPlaces({ tiles, lanes }: Layout, step: Step): boolean {
  return tiles.x * tiles.y === 1 && lanes === step.lanes;
}

/** Row and column of the block. */
function firstBlock({ block }: Layout, { origin = fragmentOrigin }: ProductLoop): string {
  return `${divide(origin.y, block.height)}, ${divide(origin.x, block.width)}`;
}

/** Whether a turn reads just the block that the fragment makes, at one place: a single tap, where planes are cut into tiles. */
function readsBlock({ inputs, output }: ShaderCall, kernel: ProductLoop['kernel'], step: Step): boolean {
  const { tiles, lanes, block } = inputs[0]!.layout;
  const isSame = block.width === output.layout.block.width && block.height === output.layout.block.height;
  return tiles.x * tiles.y > 1 && lanes === step.lanes && kernel.width * kernel.height === 1 && isSame;
}

/** One row of taps: reads the pixels it covers, then its weights, and adds. */
function writeTapRow(call: ShaderCall, product: ProductLoop, step: Step): string {
  const [input, output] = [call.inputs[0]!.layout, call.output.layout];
  const { origin = fragmentOrigin } = product;
  const { height, width } = product.kernel;
  const { block } = output;
  const span = block.width + width - 1;
  const lines: string[] = [];
  for (let row = 0; row < block.height; row++) {
    lines.push(`int y_${row} = ${origin.y} + dy + ${row - (height - 1) / 2};`);
    if (height > 1 || input.grid.h % block.height > 0) {
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
  const several = countGroups(call, product) > 1 && !pairedWeights;
  const name = (lane: number): string => `weight_${several ? `${group}_` : ''}${dx}_${lane}`;
  const lanes = Array.from({ length: step.lanes }, (_, lane) => lane);
  const declare = (lane: number): string => {
    return `${pairedWeights ? 'mat2x4' : 'vec4'} ${name(lane)} = ${product.weight({ dx, lane, group })};`;
  };
  const weight = (lane: number): string => (pairedWeights ? `${name(lane)}[${group}]` : name(lane));
  const sums = Array.from({ length: targets }, (_, pixel) => {
    const from = `pixel_${Math.floor(pixel / block.width)}_${(pixel % block.width) + dx}`;
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

/**
 * The texel of the pixel `i` columns right of the leftmost tap. Where it may lie outside the picture the value is
 * selected, never multiplied, so that whatever a clamped read returns (Infinity, NaN) stays out.
 */
function readPixel(call: ShaderCall, product: ProductLoop, step: Step, row: number, i: number): string {
  const { kernel, origin = fragmentOrigin } = product;
  const [input, output] = [call.inputs[0]!.layout, call.output.layout];
  const { width: outWidth } = output.block;
  const shift = i - (kernel.width - 1) / 2;
  const x = offset(origin.x, shift);
  const conditions: string[] = [];
  if (kernel.height > 1 || input.grid.h % output.block.height > 0) conditions.push(`in_y_${row}`);
  if (shift < 0) conditions.push(`${x} >= 0`);
  if (shift >= outWidth || input.grid.w % outWidth > 0) conditions.push(`${x} < ${input.grid.w}`);
  const texel = fetchPixel(call, product, step, row, x, shift);
  return conditions.length > 0 ? `keep_if(${conditions.join(' && ')}, ${texel})` : texel;
}

function fetchPixel(
  call: ShaderCall,
  { kernel, origin = fragmentOrigin }: ProductLoop,
  step: Step,
  row: number,
  x: string,
  shift: number,
): string {
  const { name, layout: input } = call.inputs[0]!;
  const output = call.output.layout;
  const { block } = input;
  // A coordinate that may be negative is only ever used where the value is then thrown away.
  const safeX = shift < 0 || shift >= output.block.width ? `clamp(${x}, 0, ${input.grid.w - 1})` : x;
  if (readsBlock(call, kernel, step)) {
    return `${name}_fetch(block_place.x, block_place.y, block_place.z + ${row * block.width + shift})`;
  }
  if (!readsPlaces(input, step)) {
    const accessor = step.lanes === 8 ? 'texel' : 'pixel';
    return `${name}_${accessor}(n, ${step.index}, clamp(y_${row}, 0, ${input.grid.h - 1}), ${safeX})`;
  }
  const y = `plane_place.y + ${divide(`y_${row}`, block.height)}`;
  const rowLayer = block.height > 1 ? `${modulo(`y_${row}`, block.height)} * ${block.width} + ` : '';
  if (block.width === output.block.width) {
    // Same blocks: which neighbour block and which layer a tap falls into is known now.
    const neighbour = Math.floor(shift / block.width);
    const layer = shift - neighbour * block.width;
    return `${name}_fetch(plane_place.x + ${offset(origin.column, neighbour)}, ${y}, plane_place.z + ${rowLayer}${layer})`;
  }
  const column = `plane_place.x + ${divide(`(${safeX})`, block.width)}`;
  return `${name}_fetch(${column}, ${y}, plane_place.z + ${rowLayer}${modulo(`(${safeX})`, block.width)})`;
}

/** Texture reads of one whole draw. */
export function countProductFetches(
  { inputs, output }: Pick<ShaderCall, 'inputs' | 'output'>,
  product: Pick<ProductLoop, 'kernel' | 'groups' | 'pairedWeights' | 'takesOctets'>,
): number {
  const { block } = output.layout;
  const { height, width } = product.kernel;
  const { lanes, count } = stepOf(inputs[0]!.layout, product);
  const weights = lanes * width * (product.pairedWeights ? 1 : countGroups({ output }, product));
  const perTapRow = block.height * (block.width + width - 1) + weights;
  return countFragments(output.layout) * count * height * perTapRow;
}

/** `base + gain · sum`, the residual written with the product. */
export function addResidual(sum: string, residual: string, gain: number): string {
  return `${residual} + ${floatLiteral(gain)} * ${sum}`;
}
