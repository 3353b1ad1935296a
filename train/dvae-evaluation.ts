/**
 * How good a dVAE is in use: pictures through hard codes, the largest logit at each position, and back. Soft ones look
 * better than they are. Reads weights, or their average, where a training has them, so nothing is copied.
 *
 * B batch, S side of a picture, h w grid of codes.
 */
import type { Compiled, Device, RunOptions, Tensor } from '../engine/index.ts';
import { likelyPixels, mapPixels } from '../nets/dvae/pixels.ts';
import type { WeightTree } from '../nets/weight-tree.ts';
import { argmax, compile, oneHot } from '../ops/index.ts';
import { measureUsage } from './code-usage.ts';
import type { CodeUsage } from './code-usage.ts';
import { netsOf } from './dvae-nets.ts';
import type { DvaePair } from './dvae-nets.ts';
import { cutBatches } from './picture-batches.ts';
import type { PictureSizes } from './picture-batches.ts';

/** What is found of pictures. */
interface DvaeScore extends CodeUsage {
  /** Peak signal to noise of hard codes, a mean over pictures, in dB. */
  readonly psnr: number;
}

/** Pictures as codes, and what they become. */
interface Reconstructions {
  /** [N, h, w] */
  readonly codes: Int32Array;
  /** [N, 3, S, S], each in 0…1 */
  readonly pixels: Float32Array;
}

/** Plans that read the weights of a training. */
export class DvaeEvaluation {
  private readonly sizes: PictureSizes;
  private readonly vocabulary: number;
  private readonly plan: Compiled<{ readonly codes: Tensor; readonly pixels: Tensor }>;

  constructor(device: Device, pair: DvaePair, sizes: PictureSizes, weights: WeightTree) {
    this.sizes = sizes;
    this.vocabulary = pair.encoder.vocab_size;
    const nets = netsOf(pair, weights);
    const trace = ({ x }: { readonly x: Tensor }): { codes: Tensor; pixels: Tensor } => {
      const codes = argmax(nets.encode(mapPixels(x)), 1); // [B, h, w]
      return { codes, pixels: likelyPixels(nets.decode(oneHot(codes, this.vocabulary, 1))) };
    };
    this.plan = compile(device, trace, { x: [sizes.batch, 3, sizes.size, sizes.size] });
  }

  /** Any number of pictures [N, 3, S, S], each in 0…1. Throws AbortedError `E_ABORTED`. */
  async reconstruct(pictures: Float32Array, options: RunOptions = {}): Promise<Reconstructions> {
    const each = 3 * this.sizes.size ** 2;
    const pixels = new Float32Array(pictures.length);
    const [, height, width] = this.plan.outputs.codes.shape;
    const codes = new Int32Array((pictures.length / each) * height! * width!);
    let done = 0;
    for (const { numbers, count } of cutBatches(pictures, this.sizes)) {
      const result = await this.plan.run({ x: numbers }, options);
      pixels.set((result.pixels as Float32Array).subarray(0, count * each), done * each);
      codes.set((result.codes as Int32Array).subarray(0, count * height! * width!), done * height! * width!);
      done += count;
    }
    return { codes, pixels };
  }

  /** What is found of pictures [N, 3, S, S]. */
  async score(pictures: Float32Array, options: RunOptions = {}): Promise<DvaeScore> {
    return this.judge(pictures, await this.reconstruct(pictures, options));
  }

  /** The same of reconstructions that are there. */
  judge(pictures: Float32Array, { codes, pixels }: Reconstructions): DvaeScore {
    const counts = new Float64Array(this.vocabulary);
    for (const code of codes) counts[code]!++;
    return { psnr: meanPsnr(pictures, pixels, 3 * this.sizes.size ** 2), ...measureUsage(counts) };
  }

  dispose(): void {
    this.plan.dispose();
  }
}

/** A picture that is exact counts as one whose error is below what 16 bits a number would show. */
const LEAST_ERROR = 1e-10;

function meanPsnr(expected: Float32Array, actual: Float32Array, each: number): number {
  let sum = 0;
  for (let start = 0; start < expected.length; start += each) {
    let error = 0;
    for (let at = start; at < start + each; at++) error += (expected[at]! - actual[at]!) ** 2;
    sum -= 10 * Math.log10(Math.max(LEAST_ERROR, error / each));
  }
  return sum / (expected.length / each);
}
