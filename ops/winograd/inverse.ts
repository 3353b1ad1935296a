/**
 * Aᵀ M A, one axis at a time: t numbers that lie t images apart become m pixels along an axis. First along W, then
 * along H, where bias and residual join, as a convolution ends.
 *
 * x [t·N, C, H, W] → along W [N, C, H, size]; along H [N, C, size, W].
 */
import { apply } from '../../engine/index.ts';
import type { Cost, Op, ReferenceCall, ShaderCall, Tensor } from '../../engine/index.ts';
import { roundResult } from '../cast/half.ts';
import { divide, modulo, readResultChannels, texelType } from '../shader/accessors.ts';
import { countFragments, existingPixel, writeFragmentShader } from '../shader/fragment.ts';
import { addResidual } from '../shader/product.ts';
import { selectCoefficient } from './coefficients.ts';
import type { WinogradMatrices, WinogradType } from './matrices.ts';

export interface InverseAttributes {
  readonly axis: 'h' | 'w';
  readonly matrices: WinogradMatrices;
  /** Pixels along the axis: at most m times as many as tiles. */
  readonly size: number;
  /** Of the result. */
  readonly dtype: WinogradType;
  /** Input b is a bias [C]. */
  readonly bias: boolean;
  /** The last input is a residual to which gain × the result is added. */
  readonly gain: number | undefined;
  /** The residual is this many times smaller across and down. */
  readonly residualScale: number;
}

type Sizes = [images: number, channels: number, height: number, width: number];

export const winogradInverseOp: Op<InverseAttributes> = {
  name: 'winograd_inverse',
  infer([x], { axis, matrices, size, dtype }) {
    const [images, channels, height, width] = x!.shape as Sizes;
    const [h, w] = axis === 'h' ? [size, width] : [height, size];
    return { shape: [images / matrices.tile, channels, h, w], dtype };
  },
  reference: computeInverse,
  glsl: writeInverseShader,
  cost: countInverseCost,
  describe({ axis, matrices, bias, gain }) {
    const words = [`F(${matrices.outputs}, 3) along ${axis}`];
    if (bias) words.push('bias');
    if (gain !== undefined) words.push(`residual, gain ${gain}`);
    return words.join(', ');
  },
};

/** `extras`: the bias, then the residual, where the attributes say that they are there. */
export function winogradInverse(x: Tensor, extras: readonly Tensor[], attributes: InverseAttributes): Tensor {
  return apply(winogradInverseOp, [x, ...extras], attributes);
}

function computeInverse({
  inputs,
  inputTypes,
  output,
  outputType,
  attributes,
}: ReferenceCall<InverseAttributes>): void {
  const { axis, matrices, bias, gain, residualScale } = attributes;
  const [, , height, width] = inputTypes[0]!.shape as Sizes;
  const [images, channels, outHeight, outWidth] = outputType.shape as Sizes;
  const planes = images * channels;
  const residual = inputs[inputs.length - 1]!;
  for (let plane = 0, to = 0; plane < planes; plane++) {
    for (let y = 0; y < outHeight; y++) {
      for (let x = 0; x < outWidth; x++, to++) {
        const [row, tileY, tileX] =
          axis === 'h'
            ? [y % matrices.outputs, Math.floor(y / matrices.outputs), x]
            : [x % matrices.outputs, y, Math.floor(x / matrices.outputs)];
        let sum = bias ? inputs[1]![plane % channels]! : 0;
        for (let u = 0; u < matrices.tile; u++) {
          sum += matrices.output[row]![u]! * inputs[0]![((u * planes + plane) * height + tileY) * width + tileX]!;
        }
        const from = Math.floor((plane * outHeight + y) / residualScale) * (outWidth / residualScale);
        output[to] = gain === undefined ? sum : residual[from + Math.floor(x / residualScale)]! + gain * sum;
      }
    }
  }
  roundResult(output, outputType);
}

/** Along W a block that covers whole tiles reads each once; else every pixel reads its tile. */
function countInverseCost({ output, attributes }: ShaderCall<InverseAttributes>): Cost {
  const { axis, matrices, gain, bias } = attributes;
  const { block, targets } = output.layout;
  const covered = axis === 'w' && block.width % matrices.outputs === 0;
  const tiles = covered ? block.width / matrices.outputs : targets;
  const reads = tiles * matrices.tile + (bias ? 1 : 0) + (gain === undefined ? 0 : targets);
  return { macs: 0, fetches: countFragments(output.layout) * reads };
}

function writeInverseShader(call: ShaderCall<InverseAttributes>): string {
  const { axis, matrices, bias, gain, residualScale } = call.attributes;
  const { layout } = call.output;
  const rows = matrices.input.map((_, u) => u);
  const type = texelType(layout);
  const part = layout.lanes === 8 ? 'octet' : 'quad';
  const image = (u: number): string => (u === 0 ? 'n' : `n + ${u * layout.grid.n}`);
  const read = (u: number, y: string, x: string): string => {
    return layout.lanes === 8
      ? `unpack_operand(a_texel(${image(u)}, octet, ${y}, ${x}))`
      : `a_pixel(${image(u)}, quad, ${y}, ${x})`;
  };
  const finish = (sum: string, y: string, x: string): string => {
    const total = bias ? `(${sum} + bias)` : `(${sum})`;
    if (gain === undefined) return total;
    const [fromY, fromX] = [y, x].map((position) => divide(`(${position})`, residualScale)) as [string, string];
    return addResidual(total, readResultChannels(call.inputs.at(-1)!, layout, 'n', fromY, fromX), gain);
  };
  const prepare = bias ? [`${type} bias = ${readResultChannels(call.inputs[1]!, layout, '0', '0', '0')};`] : [];
  if (axis === 'w' && layout.block.width % matrices.outputs === 0) {
    // A block covers whole tiles: their texels are read once and every pixel knows its row of Aᵀ.
    const tiles = layout.block.width / matrices.outputs;
    const lastTile = call.inputs[0]!.layout.grid.w - 1;
    for (let tile = 0; tile < tiles; tile++) {
      const column = `min(${divide('x0', matrices.outputs)} + ${tile}, ${lastTile})`;
      prepare.push(...rows.map((u) => `${type} tile_${tile}_${u} = ${read(u, 'y0', column)};`));
    }
    return writeFragmentShader(call, 'Winograd, inverse along W', {
      prepare: prepare.join('\n'),
      pixel({ pixel, y, x }) {
        const coefficients = matrices.output[pixel % matrices.outputs]!;
        const terms = rows.filter((u) => coefficients[u] !== 0);
        const tile = Math.floor(pixel / matrices.outputs);
        return finish(terms.map((u) => `${coefficients[u]!.toFixed(1)} * tile_${tile}_${u}`).join(' + '), y, x);
      },
    });
  }
  return writeFragmentShader(call, `Winograd, inverse along ${axis.toUpperCase()}`, {
    prepare: prepare.join('\n'),
    declarations: [
      `${type} gather_rows(int n, int ${part}, int y, int x, int row) {`,
      '  return ' +
        rows
          .map(
            (u) =>
              `${selectCoefficient(
                'row',
                matrices.output.map((row) => row[u]!),
              )} * ${read(u, 'y', 'x')}`,
          )
          .join('\n    + ') +
        ';',
      '}',
    ].join('\n'),
    pixel(position) {
      const { y, x } = existingPixel(layout, position);
      const along = axis === 'h' ? y : x;
      const tile = divide(`(${along})`, matrices.outputs);
      const [tileY, tileX] = axis === 'h' ? [tile, x] : [y, tile];
      return finish(`gather_rows(n, ${part}, ${tileY}, ${tileX}, ${modulo(`(${along})`, matrices.outputs)})`, y, x);
    },
  });
}
