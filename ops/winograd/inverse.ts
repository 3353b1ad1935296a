/**
 * Aᵀ M A, one axis at a time: t numbers that lie t images apart become m pixels along an axis. First along W, then
 * along H, where bias and residual join, as a convolution ends.
 *
 * x [t·N, C, H, W] → along W [N, C, H, size]; along H [N, C, size, W].
 */
import { apply } from '../../engine/index.ts';
import type { Cost, Op, ReferenceCall, ShaderCall, Tensor } from '../../engine/index.ts';
import { divide, modulo } from '../shader/accessors.ts';
import { countFragments, existingPixel, writeFragmentShader } from '../shader/fragment.ts';
import { addResidual } from '../shader/product.ts';
import { selectCoefficient } from './coefficients.ts';
import type { WinogradMatrices } from './matrices.ts';

export interface InverseAttributes {
  readonly axis: 'h' | 'w';
  readonly matrices: WinogradMatrices;
  /** Pixels along the axis: at most m times as many as tiles. */
  readonly size: number;
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
  infer([x], { axis, matrices, size }) {
    const [images, channels, height, width] = x!.shape as Sizes;
    const [h, w] = axis === 'h' ? [size, width] : [height, size];
    return { shape: [images / matrices.tile, channels, h, w], dtype: 'f32' };
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
  const residual = 'abc'[call.inputs.length - 1];
  const image = (u: number): string => (u === 0 ? 'n' : `n + ${u * layout.grid.n}`);
  const finish = (sum: string, y: string, x: string): string => {
    const total = bias ? `(${sum} + bias)` : `(${sum})`;
    if (gain === undefined) return total;
    return addResidual(
      total,
      `${residual}_pixel(n, quad, ${divide(`(${y})`, residualScale)}, ${divide(`(${x})`, residualScale)})`,
      gain,
    );
  };
  const prepare = bias ? ['vec4 bias = b_pixel(0, quad, 0, 0);'] : [];
  if (axis === 'w' && layout.block.width % matrices.outputs === 0) {
    // A block covers whole tiles: their texels are read once and every pixel knows its row of Aᵀ.
    const tiles = layout.block.width / matrices.outputs;
    const lastTile = call.inputs[0]!.layout.grid.w - 1;
    for (let tile = 0; tile < tiles; tile++) {
      const column = `min(${divide('x0', matrices.outputs)} + ${tile}, ${lastTile})`;
      prepare.push(...rows.map((u) => `vec4 tile_${tile}_${u} = a_pixel(${image(u)}, quad, y0, ${column});`));
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
      'vec4 gather_rows(int n, int quad, int y, int x, int row) {',
      '  return ' +
        rows
          .map(
            (u) =>
              `${selectCoefficient(
                'row',
                matrices.output.map((row) => row[u]!),
              )} * a_pixel(${image(u)}, quad, y, x)`,
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
      return finish(`gather_rows(n, quad, ${tileY}, ${tileX}, ${modulo(`(${along})`, matrices.outputs)})`, y, x);
    },
  });
}
