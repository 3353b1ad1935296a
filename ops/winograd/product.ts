/**
 * The multiplication in the transformed domain: for each of the t² images of a tile position its own matrix over
 * channels. x [t²·B, I, TH, TW], weights [t², O, ⌈I/4⌉, 4] → [t²·B, O, TH, TW]. The kernel is conv2d's, with one tap.
 */
import { apply } from '../../engine/index.ts';
import type { Op, ReferenceCall, ShaderCall, Tensor } from '../../engine/index.ts';
import { divide } from '../shader/accessors.ts';
import { singlePixelBlock } from '../shader/fragment.ts';
import { countProductFetches, writeProductShader } from '../shader/product.ts';
import type { Matrix, WinogradMatrices } from './matrices.ts';

export interface WinogradWeightAttributes {
  readonly matrices: WinogradMatrices;
}

/** G g Gᵀ for every pair of channels: w [O, I, 3, 3] → [t², O, ⌈I/4⌉, 4], image v·t + u, packed as a product wants it. */
export const winogradWeightsOp: Op<WinogradWeightAttributes> = {
  name: 'winograd_weights',
  folds: true,
  infer([w], { matrices }) {
    const [outChannels, inChannels] = w!.shape as [number, number];
    return { shape: [matrices.tile ** 2, outChannels, Math.ceil(inChannels / 4), 4], dtype: 'f32' };
  },
  reference({ inputs, inputTypes, output, attributes: { matrices } }) {
    const [outChannels, inChannels] = inputTypes[0]!.shape as [number, number];
    const { tile, weight } = matrices;
    const rowLength = Math.ceil(inChannels / 4) * 4;
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
  },
  block: () => singlePixelBlock,
};

/** G g: [t, 3] from g [3, 3]. */
function transformColumns(weight: Matrix, g: ArrayLike<number>, partial: Float64Array): void {
  for (let u = 0; u < weight.length; u++) {
    const [a, b, c] = weight[u] as [number, number, number];
    for (let x = 0; x < 3; x++) partial[u * 3 + x] = a * g[x]! + b * g[3 + x]! + c * g[6 + x]!;
  }
}

export interface WinogradProductAttributes {
  readonly inChannels: number;
}

export const winogradProductOp: Op<WinogradProductAttributes> = {
  name: 'winograd_product',
  infer([x, weights]) {
    const [images, , height, width] = x!.shape as [number, number, number, number];
    return { shape: [images, weights!.shape[1]!, height, width], dtype: 'f32' };
  },
  reference: computeProduct,
  glsl: writeShader,
  cost(call) {
    const outputs = call.output.type.shape.reduce((product, size) => product * size, 1);
    return { macs: outputs * call.attributes.inChannels, fetches: countProductFetches(call, { height: 1, width: 1 }) };
  },
};

export function winogradProduct(x: Tensor, weights: Tensor): Tensor {
  return apply(winogradProductOp, [x, weights], { inChannels: x.shape[1]! });
}

function computeProduct({ inputs, inputTypes, output, outputType }: ReferenceCall<WinogradProductAttributes>): void {
  const [images, inChannels, height, width] = inputTypes[0]!.shape as [number, number, number, number];
  const outChannels = outputType.shape[1]!;
  const rowLength = inputTypes[1]!.shape[2]! * 4;
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
}

function writeShader(call: ShaderCall<WinogradProductAttributes>): string {
  const [x, weights] = call.inputs;
  const batch = x!.layout.grid.n / weights!.layout.grid.n;
  const image = divide('n', batch);
  const { tiles, quads } = weights!.layout;
  return writeProductShader(call, {
    title: 'Winograd, product',
    kernel: { height: 1, width: 1 },
    reluInput: false,
    start: () => 'vec4(0.0)',
    ...(tiles.x * tiles.y > 1
      ? { weight: ({ lane }) => `b_pixel(${image}, quad, in_quad, ${lane})` }
      : {
          prepareWeights: `ivec3 weight_place = b_place(${image} * ${quads} + quad, 0, 0);`,
          weight: ({ lane }) => `b_fetch(weight_place.x + ${lane}, weight_place.y + in_quad, weight_place.z)`,
        }),
    finish: ([sum]) => sum!,
  });
}
