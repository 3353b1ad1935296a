/**
 * Bᵀ d B, one axis at a time: every tile of t pixels along an axis, `outputs` apart and one pixel before the first,
 * becomes t numbers, which lie t images apart. First along H, then along W.
 *
 * x [N, C, H, W] → along H [t·N, C, ⌈H/m⌉, W]; along W [t·N, C, H, ⌈W/m⌉]. Image u·N + n holds row u of Bᵀ d.
 */
import { apply } from '../../engine/index.ts';
import type { Op, ReferenceCall, ShaderCall, Tensor } from '../../engine/index.ts';
import { roundResult } from '../cast/half.ts';
import { texelType } from '../shader/accessors.ts';
import { keepFunctions } from '../shader/comparison.ts';
import { countFragments, existingPixel, offset, writeFragmentShader } from '../shader/fragment.ts';
import { selectCoefficient } from './coefficients.ts';
import type { WinogradMatrices, WinogradType } from './matrices.ts';

export interface ForwardAttributes {
  readonly axis: 'h' | 'w';
  readonly matrices: WinogradMatrices;
  /** ReLU on every pixel as it is read. */
  readonly reluInput: boolean;
  /** Of the result; halves are made of halves. */
  readonly dtype: WinogradType;
}

type Sizes = [images: number, channels: number, height: number, width: number];

export const winogradForwardOp: Op<ForwardAttributes> = {
  name: 'winograd_forward',
  operands: ['x'],
  infer([x], { axis, matrices, dtype }) {
    const [images, channels, height, width] = x!.shape as Sizes;
    const tiles = (size: number): number => Math.ceil(size / matrices.outputs);
    const [h, w] = axis === 'h' ? [tiles(height), width] : [height, tiles(width)];
    return { shape: [matrices.tile * images, channels, h, w], dtype };
  },
  reference: computeForward,
  describe: ({ axis, matrices, reluInput }) => {
    return `F(${matrices.outputs}, 3) along ${axis}${reluInput ? ', relu on read' : ''}`;
  },
  kernels: {
    webgl: {
      shader: writeForwardShader,
      fetches: countForwardFetches,
    },
  },
};

export function winogradForward(x: Tensor, attributes: ForwardAttributes): Tensor {
  return apply(winogradForwardOp, [x], attributes);
}

function computeForward({
  inputs,
  inputTypes,
  output,
  outputType,
  attributes,
}: ReferenceCall<ForwardAttributes>): void {
  const { axis, matrices, reluInput } = attributes;
  const [images, channels, height, width] = inputTypes[0]!.shape as Sizes;
  const [, , outHeight, outWidth] = outputType.shape as Sizes;
  const planes = images * channels;
  const read = (plane: number, y: number, x: number): number => {
    if (y < 0 || y >= height || x < 0 || x >= width) return 0;
    const value = inputs[0]![(plane * height + y) * width + x]!;
    return reluInput ? Math.max(value, 0) : value;
  };
  for (let u = 0, to = 0; u < matrices.tile; u++) {
    for (let plane = 0; plane < planes; plane++) {
      for (let y = 0; y < outHeight; y++) {
        for (let x = 0; x < outWidth; x++, to++) {
          let sum = 0;
          for (let i = 0; i < matrices.tile; i++) {
            const [fromY, fromX] = axis === 'h' ? [y * matrices.outputs + i - 1, x] : [y, x * matrices.outputs + i - 1];
            sum += matrices.input[u]![i]! * read(plane, fromY, fromX);
          }
          output[to] = sum;
        }
      }
    }
  }
  roundResult(output, outputType);
}

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
