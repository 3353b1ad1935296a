/**
 * winograd_forward in GLSL: along H a fragment reads a tile for every pixel, along W the tiles of its pixels share
 * what they overlap.
 */
import type { GlKernel, ShaderCall } from '../../../engine/index.ts';
import { texelType } from '../../shader/accessors.ts';
import { keepFunctions } from '../../shader/comparison.ts';
import { countFragments, existingPixel, offset, writeFragmentShader } from '../../shader/fragment.ts';
import type { ForwardAttributes } from '../attributes.ts';
import type { WinogradMatrices } from '../matrices.ts';
import { selectCoefficient } from './coefficients.ts';

export const winogradForwardGl: GlKernel<ForwardAttributes> = {
  shader: writeForwardShader,
  fetches: countForwardFetches,
};

/** Along H a fragment reads a tile for every pixel, along W the tiles of its pixels share what they overlap. */
function countForwardFetches({ output, attributes: { axis, matrices } }: ShaderCall<ForwardAttributes>): number {
  const { outputs, tile } = matrices;
  const { block, targets } = output.layout;
  const reads = axis === 'h' ? targets * tile : block.height * ((block.width - 1) * outputs + tile);
  return countFragments(output.layout) * reads;
}

function writeForwardShader(call: ShaderCall<ForwardAttributes>): string {
  return call.attributes.axis === 'h' ? writeAlongH(call) : writeAlongW(call);
}

function writeAlongH(call: ShaderCall<ForwardAttributes>): string {
  const { matrices, reluInput } = call.attributes;
  const { grid, lanes } = call.inputs[0]!.layout;
  const { block } = call.output.layout;
  return writeFragmentShader(call, 'Winograd, forward along H', {
    declarations: keepFunctions(lanes, reluInput),
    prepare: selectRow(call).join('\n'),
    pixel({ y, x }) {
      const column = grid.w % block.width === 0 ? x : `min(${x}, ${grid.w - 1})`;
      const row = (i: number): string => `(${offset(`(${y}) * ${matrices.outputs}`, i - 1)})`;
      return sumTaps(matrices, (i) => readTap(call, `clamp(${row(i)}, 0, ${grid.h - 1})`, column, row(i), grid.h));
    },
  });
}

/** Tiles overlap by two pixels: each is read once a row of the block. */
function writeAlongW(call: ShaderCall<ForwardAttributes>): string {
  const { matrices, reluInput } = call.attributes;
  const { grid, lanes } = call.inputs[0]!.layout;
  const { block } = call.output.layout;
  const span = (block.width - 1) * matrices.outputs + matrices.tile;
  const columns = Array.from({ length: block.height * span }, (_, at) => {
    const [row, i] = [Math.floor(at / span), at % span];
    const { y } = existingPixel(call.output.layout, { y: offset('y0', row), x: 'x0' });
    const column = `(${offset(`x0 * ${matrices.outputs}`, i - 1)})`;
    const read = readTap(call, y, `clamp(${column}, 0, ${grid.w - 1})`, column, grid.w);
    return `${texelType(call.inputs[0]!.layout)} pixel_${at} = ${read};`;
  });
  return writeFragmentShader(call, 'Winograd, forward along W', {
    declarations: keepFunctions(lanes, reluInput),
    prepare: [...selectRow(call), ...columns].join('\n'),
    pixel({ pixel }) {
      const first = Math.floor(pixel / block.width) * span + (pixel % block.width) * matrices.outputs;
      return sumTaps(matrices, (i) => `pixel_${first + i}`);
    },
  });
}

/** Which row of Bᵀ a fragment needs depends on its image, so the coefficients are selected once a fragment. */
function selectRow({ inputs, attributes: { matrices } }: ShaderCall<ForwardAttributes>): string[] {
  const { grid } = inputs[0]!.layout;
  const column = (i: number): number[] => matrices.input.map((row) => row[i]!);
  return [
    `int u = n / ${grid.n};`,
    `int image = n - u * ${grid.n};`,
    ...matrices.input.map((_, i) => `float k_${i} = ${selectCoefficient('u', column(i))};`),
  ];
}

function sumTaps({ input }: WinogradMatrices, texel: (i: number) => string): string {
  return input.map((_, i) => `k_${i} * ${texel(i)}`).join(' + ');
}

/** The texel at y, x, or zero where `position`, one of the two before it was clamped, is not within `size`. */
function readTap(
  { inputs, attributes: { reluInput } }: ShaderCall<ForwardAttributes>,
  y: string,
  x: string,
  position: string,
  size: number,
): string {
  const inside = `${position} >= 0 && ${position} < ${size}`;
  if (inputs[0]!.layout.lanes === 8) {
    return `unpack_${reluInput ? 'clipped' : 'operand'}(keep_if(${inside}, x_texel(image, octet, ${y}, ${x})))`;
  }
  const texel = `x_pixel(image, quad, ${y}, ${x})`;
  return `keep_if(${inside}, ${reluInput ? `relu(${texel})` : texel})`;
}
