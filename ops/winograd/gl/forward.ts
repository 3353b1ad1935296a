/**
 * winograd_forward in GLSL: along H a fragment reads a tile for every pixel, along W the tiles of its pixels share
 * what they overlap.
 */
import type { GlKernel, ShaderCall } from '../../../engine/index.ts';
import { texelType } from '../../shader/accessors.ts';
import { keepFunctions } from '../../shader/comparison.ts';
import { countFragments, existingPixel, offset, writeFragmentShader } from '../../shader/fragment.ts';
import type { ForwardAttributes } from '../attributes.ts';
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

/** Which row of Bᵀ a fragment needs depends on its image, so the coefficients are selected once a fragment. */
function writeForwardShader(call: ShaderCall<ForwardAttributes>): string {
  const { axis, matrices, reluInput } = call.attributes;
  const { grid, lanes } = call.inputs[0]!.layout;
  const { block } = call.output.layout;
  const taps = matrices.input[0]!.map((_, i) => i);
  const declarations = keepFunctions(lanes, reluInput);
  const read = (y: string, x: string, position: string, size: number): string => {
    const inside = `${position} >= 0 && ${position} < ${size}`;
    if (lanes === 8) {
      return `unpack_${reluInput ? 'clipped' : 'operand'}(keep_if(${inside}, x_texel(image, octet, ${y}, ${x})))`;
    }
    const texel = `x_pixel(image, quad, ${y}, ${x})`;
    return `keep_if(${inside}, ${reluInput ? `relu(${texel})` : texel})`;
  };
  const common = [
    `int u = n / ${grid.n};`,
    `int image = n - u * ${grid.n};`,
    ...taps.map(
      (i) =>
        `float k_${i} = ${selectCoefficient(
          'u',
          matrices.input.map((row) => row[i]!),
        )};`,
    ),
  ];
  const sum = (texel: (i: number) => string): string => taps.map((i) => `k_${i} * ${texel(i)}`).join(' + ');
  if (axis === 'h') {
    return writeFragmentShader(call, 'Winograd, forward along H', {
      declarations,
      prepare: common.join('\n'),
      pixel({ y, x }) {
        const column = grid.w % block.width === 0 ? x : `min(${x}, ${grid.w - 1})`;
        const row = (i: number): string => `(${offset(`(${y}) * ${matrices.outputs}`, i - 1)})`;
        return sum((i) => read(`clamp(${row(i)}, 0, ${grid.h - 1})`, column, row(i), grid.h));
      },
    });
  }
  // Along W tiles overlap by two pixels: each is read once a row of the block.
  const span = (block.width - 1) * matrices.outputs + matrices.tile;
  const columns = Array.from({ length: block.height * span }, (_, at) => {
    const [row, i] = [Math.floor(at / span), at % span];
    const { y } = existingPixel(call.output.layout, { y: offset('y0', row), x: 'x0' });
    const column = `(${offset(`x0 * ${matrices.outputs}`, i - 1)})`;
    return `${texelType(call.inputs[0]!.layout)} pixel_${at} = ${read(y, `clamp(${column}, 0, ${grid.w - 1})`, column, grid.w)};`;
  });
  return writeFragmentShader(call, 'Winograd, forward along W', {
    declarations,
    prepare: [...common, ...columns].join('\n'),
    pixel({ pixel }) {
      const first = Math.floor(pixel / block.width) * span + (pixel % block.width) * matrices.outputs;
      return sum((i) => `pixel_${first + i}`);
    },
  });
}
