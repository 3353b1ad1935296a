/**
 * The multiplication in the transformed domain: for each of the t² images of a tile position its own matrix over
 * channels. x [t²·B, I, TH, TW], weights [t², O, ⌈I/L⌉, L] with L channels in a texel of x, 4 or 8 → [t²·B, O, TH, TW].
 * The kernel is conv2d's, with one tap.
 */
import { apply, sizeOf } from '../../engine/index.ts';
import type { Op, ReferenceCall, ShaderCall, Tensor } from '../../engine/index.ts';
import { divide } from '../shader/accessors.ts';
import { singlePixelBlock } from '../shader/fragment.ts';
import { groupPackedWeights, readPackedWeights } from '../shader/packed-weights.ts';
import { countProductFetches, joinSums, writeProductShader } from '../shader/product.ts';
import { checkHalfWeights, roundResult } from '../cast/half.ts';
import type { Matrix, WinogradMatrices, WinogradType } from './matrices.ts';

export interface WinogradWeightAttributes {
  readonly matrices: WinogradMatrices;
  readonly dtype: WinogradType;
}

/** G g Gᵀ for every pair of channels: w [O, I, 3, 3] → [t², O, ⌈I/L⌉, L], image v·t + u, packed as a product wants it. */
export const winogradWeightsOp: Op<WinogradWeightAttributes> = {
  name: 'winograd_weights',
  derives: true,
  infer([w], { matrices, dtype }) {
    const [outChannels, inChannels] = w!.shape as [number, number];
    const lanes = dtype === 'f16' ? 8 : 4;
    return { shape: [matrices.tile ** 2, outChannels, Math.ceil(inChannels / lanes), lanes], dtype };
  },
  reference({ inputs, inputTypes, output, outputType, attributes: { matrices } }) {
    const [outChannels, inChannels] = inputTypes[0]!.shape as [number, number];
    const { tile, weight } = matrices;
    const rowLength = outputType.shape[2]! * outputType.shape[3]!;
    const partial = new Float64Array(tile * 3);
    for (let o = 0; o < outChannels; o++) {
      for (let i = 0; i < inChannels; i++) {
        const g = inputs[0]!.subarray((o * inChannels + i) * 9, (o * inChannels + i + 1) * 9);
        transformColumns(weight, g, partial);
        for (let v = 0; v < tile; v++) {
          const [a, b, c] = weight[v] as [number, number, number];
          for (let u = 0; u < tile; u++) {
            const value = a * partial[u * 3]! + b * partial[u * 3 + 1]! + c * partial[u * 3 + 2]!;
            output[((v * tile + u) * outChannels + o) * rowLength + i] = value;
          }
        }
      }
    }
    checkHalfWeights(output, outputType); // rounded as they are uploaded
  },
  kernels: {
    webgl: {
      block: () => singlePixelBlock,
    },
  },
};

/** G g: [t, 3] from g [3, 3]. */
function transformColumns(weight: Matrix, g: ArrayLike<number>, partial: Float64Array): void {
  for (let u = 0; u < weight.length; u++) {
    const [a, b, c] = weight[u] as [number, number, number];
    for (let x = 0; x < 3; x++) partial[u * 3 + x] = a * g[x]! + b * g[3 + x]! + c * g[6 + x]!;
  }
}

/** One tap. */
const kernel = { height: 1, width: 1 } as const;

export interface WinogradProductAttributes {
  readonly inChannels: number;
}

export const winogradProductOp: Op<WinogradProductAttributes> = {
  name: 'winograd_product',
  operands: ['x', 'packed'],
  infer([x, weights]) {
    const [images, , height, width] = x!.shape as [number, number, number, number];
    return { shape: [images, weights!.shape[1]!, height, width], dtype: weights!.dtype };
  },
  reference: computeProduct,
  macs: ({ output, attributes: { inChannels } }) => sizeOf(output.type.shape) * inChannels,
  kernels: {
    webgl: {
      shader: writeShader,
      fetches: (call) => countProductFetches(call, { kernel, ...groupPackedWeights(call) }),
    },
  },
};

export function winogradProduct(x: Tensor, weights: Tensor): Tensor {
  return apply(winogradProductOp, [x, weights], { inChannels: x.shape[1]! });
}

function computeProduct({ inputs, inputTypes, output, outputType }: ReferenceCall<WinogradProductAttributes>): void {
  const [images, inChannels, height, width] = inputTypes[0]!.shape as [number, number, number, number];
  const outChannels = outputType.shape[1]!;
  const rowLength = inputTypes[1]!.shape[2]! * inputTypes[1]!.shape[3]!;
  const batch = images / inputTypes[1]!.shape[0]!;
  const pixels = height * width;
  const sums = new Float64Array(pixels);
  for (let n = 0; n < images; n++) {
    for (let o = 0; o < outChannels; o++) {
      sums.fill(0);
      for (let i = 0; i < inChannels; i++) {
        const weight = inputs[1]![(Math.floor(n / batch) * outChannels + o) * rowLength + i]!;
        const from = (n * inChannels + i) * pixels;
        for (let p = 0; p < pixels; p++) sums[p]! += weight * inputs[0]![from + p]!;
      }
      output.set(sums, (n * outChannels + o) * pixels);
    }
  }
  roundResult(output, outputType);
}

function writeShader(call: ShaderCall<WinogradProductAttributes>): string {
  const [x, weights] = call.inputs;
  const batch = x!.layout.grid.n / weights!.layout.grid.n;
  return writeProductShader(call, {
    title: 'Winograd, product',
    kernel,
    reluInput: false,
    start: () => 'vec4(0.0)',
    ...readPackedWeights(call, { kernel, image: divide('n', batch) }),
    finish: joinSums,
  });
}
