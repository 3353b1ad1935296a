/**
 * G g Gᵀ: the 3×3 kernel of every pair of channels in the transformed domain, computed once where the weight does not
 * change. It reads the weight as conv2d has it packed (ops/conv2d/packed-conv2d.ts), four output channels a texel.
 *
 * packed [1, O, ⌈I/L⌉·3, 3·L] → [t², P²·O, ⌈I/L⌉, L], packed as a product wants it. Image v·t + u holds row u along H
 * and row v along W; with P = 2 phases (upsampled.ts) channel (2·j + i)·O + o is output o at phase (i, j), i along H.
 */
import { apply, tensor } from '../../engine/index.ts';
import type { Op, ReferenceCall, Tensor } from '../../engine/index.ts';
import { checkHalfWeights } from '../cast/half.ts';
import type { WinogradWeightAttributes } from './attributes.ts';
import { winogradWeightsGl } from './gl/weights.ts';
import type { Matrix } from './matrices.ts';
import { phaseMatrices } from './upsampled.ts';

type Sizes = [images: number, channels: number, height: number, width: number];

const winogradWeightsOp: Op<WinogradWeightAttributes> = {
  name: 'winograd_weights',
  operands: ['packed', 'rows'],
  derives: true,
  infer([packed], { matrices, dtype, phases }) {
    const [, outChannels, height, width] = packed!.shape as Sizes;
    return { shape: [matrices.tile ** 2, phases ** 2 * outChannels, height / 3, width / 3], dtype };
  },
  reference: computeWeights,
  describe: ({ matrices, phases }) => `F(${matrices.outputs}, 3)${phases > 1 ? `, ${phases} phases` : ''}`,
  kernels: { webgl: winogradWeightsGl },
};

export function winogradWeights(packed: Tensor, attributes: WinogradWeightAttributes): Tensor {
  return apply(winogradWeightsOp, [packed, listRows(attributes)], attributes);
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

const rowsOf = new Map<string, Tensor>();

/**
 * The transforms for shaders, [P·t, 4]: a row as three numbers that are powers of two or zero, which round nothing, and
 * one by which it is multiplied last. They are read and not written into the shader, so that one program serves all
 * matrices. The same matrices give the same tensor, for what is derived of it is shared.
 */
function listRows(attributes: WinogradWeightAttributes): Tensor {
  const rows = listMatrices(attributes).flat();
  const key = JSON.stringify(rows);
  const known = rowsOf.get(key) ?? tensor(rows.flatMap(splitRow), [rows.length, 4]);
  rowsOf.set(key, known);
  return known;
}

function splitRow(row: readonly number[]): number[] {
  const sizes = row.map(Math.abs).filter((value) => value > 0);
  const scale = sizes.length > 0 ? Math.min(...sizes) : 1; // a phase may have nothing to add up
  return [...row.map((value) => value / scale), scale];
}
