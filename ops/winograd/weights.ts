/**
 * G g Gᵀ: the 3×3 kernel of every pair of channels in the transformed domain, computed once where the weight does not change.
 * It reads the weight as conv2d has it packed (ops/conv2d/packed-conv2d.ts), four output channels a texel.
 *
 * packed [1, O, ⌈I/L⌉·3, 3·L] → [t², P²·O, ⌈I/L⌉, L], packed as a product wants it. Image v·t + u holds row u along H and
 * row v along W; with P = 2 phases (upsampled.ts) channel (2·j + i)·O + o is output o at phase (i, j), i along H.
 */
import { apply } from '../../engine/index.ts';
import type { Op, ReferenceCall, ShaderCall, Tensor } from '../../engine/index.ts';
import { checkHalfWeights } from '../cast/half.ts';
import { modulo } from '../shader/accessors.ts';
import { countFragments, quotient, singlePixelBlock, writePixelShader } from '../shader/fragment.ts';
import { selectCoefficient } from './coefficients.ts';
import type { Matrix, WinogradMatrices, WinogradType } from './matrices.ts';
import { phaseMatrices } from './upsampled.ts';

export interface WinogradWeightAttributes {
  readonly matrices: WinogradMatrices;
  readonly dtype: WinogradType;
  /** P: 1, or 2 behind an upsample where O is a multiple of 4. */
  readonly phases: 1 | 2;
}

type Sizes = [images: number, channels: number, height: number, width: number];

export const winogradWeightsOp: Op<WinogradWeightAttributes> = {
  name: 'winograd_weights',
  operands: ['packed'],
  derives: true,
  infer([packed], { matrices, dtype, phases }) {
    const [, outChannels, height, width] = packed!.shape as Sizes;
    return { shape: [matrices.tile ** 2, phases ** 2 * outChannels, height / 3, width / 3], dtype };
  },
  reference: computeWeights,
  describe: ({ matrices, phases }) => `F(${matrices.outputs}, 3)${phases > 1 ? `, ${phases} phases` : ''}`,
  kernels: {
    webgl: {
      shader: writeWeightsShader,
      block: () => singlePixelBlock,
      fetches: ({ output: { layout } }) => countFragments(layout) * (layout.lanes / 4) * 9,
    },
  },
};

export function winogradWeights(packed: Tensor, attributes: WinogradWeightAttributes): Tensor {
  return apply(winogradWeightsOp, [packed], attributes);
}

/** The transform along an axis for each phase. */
function listMatrices({ matrices: { weight }, phases }: WinogradWeightAttributes): readonly Matrix[] {
  return phases === 1 ? [weight] : phaseMatrices(weight);
}

function computeWeights(call: ReferenceCall<WinogradWeightAttributes>): void {
  const { inputs, inputTypes, output, outputType, attributes } = call;
  const packed = inputs[0]!;
  const [, outChannels, packedHeight, packedWidth] = inputTypes[0]!.shape as Sizes;
  const [, channels, turns, lanes] = outputType.shape as Sizes;
  const tile = attributes.matrices.tile;
  const transforms = listMatrices(attributes);
  const image = channels * turns * lanes;
  const partial = new Float64Array(tile * 3);
  for (let channel = 0; channel < channels; channel++) {
    const phase = Math.floor(channel / outChannels);
    const [alongH, alongW] = [transforms[phase % 2]!, transforms[Math.floor(phase / 2)]!];
    const plane = (channel % outChannels) * packedHeight * packedWidth;
    for (let place = 0; place < turns * lanes; place++) {
      const [turn, lane] = [Math.floor(place / lanes), place % lanes];
      const first = plane + turn * 3 * packedWidth + lane;
      transformColumns(alongH, packed, first, { down: packedWidth, across: lanes }, partial);
      for (let v = 0; v < tile; v++) {
        const [a, b, c] = alongW[v] as [number, number, number];
        for (let u = 0; u < tile; u++) {
          const value = a * partial[u * 3]! + b * partial[u * 3 + 1]! + c * partial[u * 3 + 2]!;
          output[(v * tile + u) * image + channel * turns * lanes + place] = value;
        }
      }
    }
  }
  checkHalfWeights(output, outputType); // rounded as they are uploaded
}

/** G g: [t, 3] from the kernel g [3, 3] whose first tap lies at `first`. */
function transformColumns(
  weight: Matrix,
  packed: ArrayLike<number>,
  first: number,
  { down, across }: { down: number; across: number },
  partial: Float64Array,
): void {
  for (let u = 0; u < weight.length; u++) {
    const [a, b, c] = weight[u] as [number, number, number];
    for (let x = 0; x < 3; x++) {
      const from = first + x * across;
      partial[u * 3 + x] = a * packed[from]! + b * packed[from + down]! + c * packed[from + 2 * down]!;
    }
  }
}

/**
 * The rows of G as one number, which is multiplied last, times three that are powers of two or zero, which round nothing:
 * then only the sums and two products do.
 */
function splitRows(rows: Matrix): { readonly scales: readonly number[]; readonly taps: Matrix } {
  const scales = rows.map((row) => {
    const sizes = row.map(Math.abs).filter((value) => value > 0);
    return sizes.length > 0 ? Math.min(...sizes) : 1; // a phase may have nothing to add up
  });
  return { scales, taps: rows.map((row, index) => row.map((value) => value / scales[index]!)) };
}

function writeWeightsShader(call: ShaderCall<WinogradWeightAttributes>): string {
  const { matrices, phases } = call.attributes;
  const { tile } = matrices;
  const { layout } = call.output;
  const { quads } = call.inputs[0]!.layout;
  const { scales, taps } = splitRows(listMatrices(call.attributes).flat());
  const lanes = layout.grid.w;
  const select = (row: string, tap: number): string =>
    selectCoefficient(
      row,
      taps.map((values) => values[tap]!),
    );
  const row = (along: string, phase: string): string => (phases === 1 ? along : `${along} + ${phase} * ${tile}`);
  const sumOf = (factor: string, terms: readonly string[]): string =>
    terms.map((term, tap) => `${factor}_${tap} * ${term}`).join(' + ');
  const columns = [0, 1, 2].map((dx) => {
    const reads = [0, 1, 2].map((dy) => `packed_pixel(0, part, y * 3 + ${dy}, x + ${dx * lanes})`);
    return `  vec4 column_${dx} = ${sumOf('h', reads)};`;
  });
  return writePixelShader(
    call,
    `Winograd, weights${phases > 1 ? ' by phase' : ''}`,
    [
      'vec4 value(int n, int quad, int y, int x) {',
      `  int v = ${quotient('n', tile, tile ** 2)};`,
      `  int u = n - v * ${tile};`,
      `  int phase = ${phases === 1 ? '0' : quotient('quad', quads, phases ** 2 * quads)};`,
      `  int part = ${phases === 1 ? 'quad' : `quad - phase * ${quads}`};`,
      `  int row_h = ${row('u', modulo('phase', 2))}, row_w = ${row('v', '(phase >> 1)')};`,
      ...[0, 1, 2].map((tap) => `  float h_${tap} = ${select('row_h', tap)}, w_${tap} = ${select('row_w', tap)};`),
      `  float scale = ${selectCoefficient('row_h', scales)} * ${selectCoefficient('row_w', scales)};`,
      ...columns,
      `  return (${sumOf('w', ['column_0', 'column_1', 'column_2'])}) * scale;`,
      '}',
    ].join('\n'),
  );
}
