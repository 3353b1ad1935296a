/**
 * How a product (product.ts) reads the pixels of its input: which of them its taps cover, and by which accessor a texel
 * is fetched. Where planes are whole, or a fragment reads just its own block, a place is found once a turn of the loop
 * and not once a texel.
 */
import type { Layout, ShaderCall } from '../../engine/index.ts';
import { divide, modulo } from './accessors.ts';
import { offset } from './fragment.ts';

/** Which pixels of the input a product reads. */
export interface PixelReading {
  readonly kernel: { readonly height: number; readonly width: number };
  /** Pixels from one window to the next, and zeros before the input [1, and as many as make the result as large]. */
  readonly strides?: { readonly stride: number; readonly before: readonly [top: number, left: number] };
  /** Whether its weights know 8 lanes, so that an f16 input can be walked over by octets. */
  readonly takesOctets?: boolean;
  /** Where the block lies that the product makes [where the fragment's does]. */
  readonly origin?: Origin;
}

/** GLSL of a block's first pixel, `y` and `x`, and of the column that the block has among blocks of its size. */
interface Origin {
  readonly y: string;
  readonly x: string;
  readonly column: string;
}

/** The block of the fragment (fragment.ts). */
export const fragmentOrigin: Origin = { y: 'y0', x: 'x0', column: 'block_x' };

/** The channels of the input that a turn of the loop reads. */
export interface Step {
  readonly lanes: 4 | 8;
  readonly index: 'in_quad' | 'in_octet';
  readonly count: number;
}

export function stepOf({ lanes, quads, depth }: Layout, { takesOctets }: Pick<PixelReading, 'takesOctets'>): Step {
  if (takesOctets && lanes === 8) return { lanes, index: 'in_octet', count: depth };
  return { lanes: 4, index: 'in_quad', count: quads };
}

/** Whether texels are fetched by their places: where planes are whole, and a turn reads a whole texel. */
export function readsPlaces({ tiles, lanes }: Layout, step: Step): boolean {
  return tiles.x * tiles.y === 1 && lanes === step.lanes;
}

/** Row and column of the block. */
export function firstBlock({ block }: Layout, { origin = fragmentOrigin }: PixelReading): string {
  return `${divide(origin.y, block.height)}, ${divide(origin.x, block.width)}`;
}

/**
 * Whether a turn reads just the block that the fragment makes, at one place: a single tap, where planes are cut into
 * tiles.
 */
export function readsBlock({ inputs, output }: ShaderCall, { kernel, strides }: PixelReading, step: Step): boolean {
  const { tiles, lanes, block } = inputs[0]!.layout;
  const isSame = block.width === output.layout.block.width && block.height === output.layout.block.height;
  return tiles.x * tiles.y > 1 && lanes === step.lanes && kernel.width * kernel.height === 1 && !strides && isSame;
}

/** Windows of a product: how far apart they are, and how far their first tap is before their pixel. */
export function windowsOf({ kernel, strides }: PixelReading): { stride: number; top: number; left: number } {
  if (!strides) return { stride: 1, top: (kernel.height - 1) / 2, left: (kernel.width - 1) / 2 };
  return { stride: strides.stride, top: strides.before[0], left: strides.before[1] };
}

/**
 * The texel of the pixel `i` columns right of the leftmost tap. Where it may lie outside the picture the value is
 * selected, never multiplied, so that whatever a clamped read returns (Infinity, NaN) stays out.
 */
export function readPixel(call: ShaderCall, product: PixelReading, step: Step, row: number, i: number): string {
  const { kernel, strides, origin = fragmentOrigin } = product;
  const [input, output] = [call.inputs[0]!.layout, call.output.layout];
  const { width: outWidth } = output.block;
  const { stride, left } = windowsOf(product);
  const shift = i - left;
  const x = offset(stride === 1 ? origin.x : `${origin.x} * ${stride}`, shift);
  const conditions: string[] = [];
  if (strides || kernel.height > 1 || input.grid.h % output.block.height > 0) conditions.push(`in_y_${row}`);
  if (shift < 0) conditions.push(`${x} >= 0`);
  if (strides || shift >= outWidth || input.grid.w % outWidth > 0) conditions.push(`${x} < ${input.grid.w}`);
  const texel = fetchPixel(call, product, step, row, x, shift);
  return conditions.length > 0 ? `keep_if(${conditions.join(' && ')}, ${texel})` : texel;
}

function fetchPixel(
  call: ShaderCall,
  product: PixelReading,
  step: Step,
  row: number,
  x: string,
  shift: number,
): string {
  const { strides, origin = fragmentOrigin } = product;
  const { name, layout: input } = call.inputs[0]!;
  const output = call.output.layout;
  const { block } = input;
  // A coordinate that may be negative is only ever used where the value is then thrown away.
  const isSafe = !strides && shift >= 0 && shift < output.block.width;
  const safeX = isSafe ? x : `clamp(${x}, 0, ${input.grid.w - 1})`;
  if (readsBlock(call, product, step)) {
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
    const { stride } = windowsOf(product);
    const neighbour = Math.floor(shift / block.width);
    const layer = shift - neighbour * block.width;
    const column = offset(stride === 1 ? origin.column : `${origin.column} * ${stride}`, neighbour);
    return `${name}_fetch(plane_place.x + ${column}, ${y}, plane_place.z + ${rowLayer}${layer})`;
  }
  const column = `plane_place.x + ${divide(`(${safeX})`, block.width)}`;
  return `${name}_fetch(${column}, ${y}, plane_place.z + ${rowLayer}${modulo(`(${safeX})`, block.width)})`;
}
