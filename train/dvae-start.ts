/**
 * What the weights of a dVAE begin with: random ones, as in OpenAI's `dall_e`, and, of ours, logits that are spread
 * over pictures, so that all codes are in use from the start. Without it the noise of gumbel-softmax drowns the logits,
 * the decoder learns to do without them, and a few codes are left.
 */
import { argumentError } from '../base/check-argument.ts';
import type { Device } from '../engine/index.ts';
import { mapPixels } from '../nets/dvae/pixels.ts';
import { compile } from '../ops/index.ts';
import type { DvaeStart } from './dvae-recipe.ts';
import { LOGITS, STATISTICS, listSpecs, nameConvolutions, netsOf } from './dvae-nets.ts';
import type { DvaePair } from './dvae-nets.ts';
import { drawGaussians } from './gaussians.ts';
import { Parameters } from './parameters.ts';
import { cutBatches } from './picture-batches.ts';
import type { PictureSizes } from './picture-batches.ts';

/** Random weights by name. @param seed whole, 0 … 2³² − 1 */
export function drawWeights(pair: DvaePair, start: DvaeStart, seed: number): Map<string, Float32Array> {
  if (!Number.isSafeInteger(seed) || seed < 0 || seed >= 2 ** 32)
    throw argumentError('initialWeights', 'seed, a whole number from 0 to 4294967295', seed);
  const weights = new Map<string, Float32Array>();
  nameConvolutions(pair).forEach(({ name, shape: [outputs, inputs, height, width] }, place) => {
    const terms = inputs * height * width;
    const gain = name.includes('.res_path.') ? start.residual : name === STATISTICS ? start.statistics : 1;
    weights.set(`${name}.w`, drawGaussians(seed, place, outputs * terms, gain / Math.sqrt(terms)));
    weights.set(`${name}.b`, new Float32Array(outputs));
  });
  return weights;
}

/**
 * The same weights, but for those of the encoder's last convolution: the logit of each code has mean 0 and deviation
 * `spread` over the positions of these pictures.
 * @param pixels [N, 3, S, S], each in 0…1
 */
export async function spreadLogits(
  device: Device,
  { pair, sizes, weights, spread }: SpreadOptions,
  pixels: Float32Array,
): Promise<Map<string, Float32Array>> {
  const parameters: Parameters = new Parameters(listSpecs(pair), () => parameters.lay(weights));
  const { batch, size } = sizes;
  const plan = compile(device, ({ x }) => netsOf(pair, parameters.tree()).encode(mapPixels(x)), {
    x: [batch, 3, size, size],
  });
  try {
    const moments = new Moments(pair.encoder.vocab_size);
    for (const { numbers, count } of cutBatches(pixels, sizes)) {
      moments.add((await plan.run({ x: numbers })) as Float32Array, plan.outputs.shape, count);
    }
    return scaleLogits(weights, moments, spread);
  } finally {
    plan.dispose();
    parameters.dispose();
  }
}

interface SpreadOptions {
  readonly pair: DvaePair;
  readonly sizes: PictureSizes;
  readonly weights: ReadonlyMap<string, Float32Array>;
  readonly spread: number;
}

/** Mean and deviation of each code's logit. */
class Moments {
  private readonly sums: Float64Array;
  private readonly squares: Float64Array;
  private count = 0;

  constructor(codes: number) {
    this.sums = new Float64Array(codes);
    this.squares = new Float64Array(codes);
  }

  /** logits [B, V, h, w], of which `count` pictures are to be looked at. */
  add(logits: Float32Array, [, codes, height, width]: readonly number[], count: number): void {
    const positions = height! * width!;
    for (let at = 0; at < count * codes! * positions; at++) {
      const code = Math.floor(at / positions) % codes!;
      this.sums[code]! += logits[at]!;
      this.squares[code]! += logits[at]! ** 2;
    }
    this.count += count * positions;
  }

  of(code: number): { mean: number; deviation: number } {
    const mean = this.sums[code]! / this.count;
    return { mean, deviation: Math.sqrt(Math.max(0, this.squares[code]! / this.count - mean ** 2)) };
  }
}

function scaleLogits(
  weights: ReadonlyMap<string, Float32Array>,
  moments: Moments,
  spread: number,
): Map<string, Float32Array> {
  const [kernel, bias] = [weights.get(`${LOGITS}.w`)!.slice(), weights.get(`${LOGITS}.b`)!.slice()];
  const terms = kernel.length / bias.length;
  for (let code = 0; code < bias.length; code++) {
    const { mean, deviation } = moments.of(code);
    // Where all pictures are alike there is nothing to spread.
    const scale = deviation > 0 ? spread / deviation : 1;
    for (let at = code * terms; at < (code + 1) * terms; at++) kernel[at]! *= scale;
    bias[code] = (bias[code]! - mean) * scale;
  }
  return new Map([...weights, [`${LOGITS}.w`, kernel], [`${LOGITS}.b`, bias]]);
}
