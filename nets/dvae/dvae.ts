/**
 * The discrete VAE as people use it: pictures to tokens and back. Wraps the two nets in compiled plans, one for each
 * shape met, and keeps the latest of each kind, since a plan holds its weights on the device.
 * B batch, H W picture, h = H/8, w = W/8 grid of tokens, V vocabulary.
 */
import { checkWeights } from '../weights.ts';
import { checkObject } from '../../base/check-argument.ts';
import { DalleError, ShapeError, UsageError } from '../../base/errors.ts';
import { argmax, compile, oneHot } from '../../ops/index.ts';
import type { Device, Compiled, RewriteOptions, RunOptions, Tensor } from '../../ops/index.ts';
import type { DecoderArchitecture, EncoderArchitecture } from './architecture.ts';
import { netTensors } from '../weights.ts';
import type { PictureCoder, Pixels, TokenGrid } from '../picture-coder.ts';
import { Plans } from '../plans.ts';
import { isKind, type Weights } from '../weights.ts';
import { decoder } from './decoder.ts';
import { encoder } from './encoder.ts';
import { patch } from './patch.ts';
import { likelyPixels, mapPixels } from './pixels.ts';
import { checkNumbersGiven, checkPixels, checkScores, checkSizes } from '../check-numbers.ts';
import { checkFinite, checkModelOptions, checkOptional, checkTokens } from '../checks.ts';
import { wrongPart } from '../wrong-part.ts';
import { growTree, type Precision, type WeightTree } from '../weight-tree.ts';

/** Numbers [B, V, h, w]: logits, or a distribution over the vocabulary at every position. */
export interface TokenScores {
  readonly data: Float32Array;
  readonly shape: readonly [number, number, number, number];
}

/** Either part may be missing: encoding needs the encoder only, decoding the decoder only. */
export interface DvaeParts {
  readonly encoder?: Weights;
  readonly decoder?: Weights;
}

/** Where a discrete VAE computes, and how exactly. */
export interface DvaeOptions extends RewriteOptions {
  readonly device: Device;
  /**
   * `half`: weights and what layers hand on are rounded to half, sums are not. Faster, half the memory, and nearly
   * always the same tokens: docs/measurements.md has figures [full].
   */
  readonly precision?: Precision;
}

/** What a plan computes. `soft` takes distributions in the place of tokens; `statistics` stops before pixels. */
export type DvaeWork = 'encode' | 'logits' | 'decode' | 'decodeSoft' | 'statistics' | 'statisticsSoft';

type TypedNumbers = Float32Array | Int32Array;

/** A discrete VAE on a device: pictures to tokens and back. */
export class Dvae implements PictureCoder {
  readonly patch: number = patch;
  readonly parts: { readonly encoder?: Weights<EncoderArchitecture>; readonly decoder?: Weights<DecoderArchitecture> };
  readonly precision: Precision;
  private readonly options: Omit<DvaeOptions, 'precision'>;
  private readonly trees = new Map<Weights, WeightTree>();
  private readonly plans: Plans;

  /** @throws DalleError `E_ARCHITECTURE` for a part that is another net */
  constructor(parts: DvaeParts, given: DvaeOptions) {
    checkObject('Dvae', 'parts', parts);
    checkModelOptions('Dvae', given);
    const { encoder: e, decoder: d } = parts;
    const { precision = 'full', ...options } = given;
    for (const part of [e, d]) if (part !== undefined) checkWeights('Dvae', part);
    if (e && !isKind(e, 'dvae-encoder')) throw wrongPart('Dvae', 'encoder', e);
    if (d && !isKind(d, 'dvae-decoder')) throw wrongPart('Dvae', 'decoder', d);
    this.parts = { ...(e && { encoder: e }), ...(d && { decoder: d }) };
    this.precision = precision;
    this.options = options;
    this.plans = new Plans('dVAE', [e, d]);
  }

  /**
   * Pixels [B, 3, H, W] → tokens [B, H/8, W/8]: arg-max of the encoder's logits.
   * @throws DalleError `E_PART_MISSING`, `E_NOT_FINITE`; ShapeError `E_SHAPE`; see also Executable.run
   */
  async encode(pixels: Pixels, options?: RunOptions): Promise<TokenGrid> {
    const { data, shape } = await this.runEncoder('encode', pixels, options);
    const bad = data.indexOf(-1); // what argmax says where it met a NaN
    if (bad >= 0) {
      throw new DalleError(
        'E_NOT_FINITE',
        `encode: the encoder's logits at position ${bad} are not numbers. The pixels or the weights hold NaN or ` +
          'Infinity: check the picture, and convert the checkpoint again. ' +
          (this.precision === 'half' ? 'Or a number passed 65504, where halves end: use full precision.' : ''),
      );
    }
    return { data: data as Int32Array, shape: shape as TokenGrid['shape'] };
  }

  /** Pixels [B, 3, H, W] → the encoder's logits [B, V, H/8, W/8]. */
  async encodeLogits(pixels: Pixels, options?: RunOptions): Promise<TokenScores> {
    return (await this.runEncoder('logits', pixels, options)) as TokenScores;
  }

  /** Tokens [B, h, w] → pixels [B, 3, 8h, 8w] in [0, 1]. Throws ShapeError `E_TOKEN` for one outside the vocabulary. */
  async decode(tokens: TokenGrid, options?: RunOptions): Promise<Pixels> {
    return (await this.runDecoder('decode', tokens, options)) as Pixels;
  }

  /** A distribution over the vocabulary at every position, [B, V, h, w] → pixels [B, 3, 8h, 8w] in [0, 1]. */
  async decodeSoft(distributions: TokenScores, options?: RunOptions): Promise<Pixels> {
    return (await this.runDecoder('decodeSoft', distributions, options)) as Pixels;
  }

  /**
   * The decoder's raw output [B, 6, 8h, 8w] for tokens or distributions: maps 0 to 2 are the location μ of each pixel's
   * logit-Laplace distribution in logit space, maps 3 to 5 the logarithm of its scale.
   */
  async decodeStatistics(z: TokenGrid | TokenScores, options?: RunOptions): Promise<TokenScores> {
    const isSoft = z?.shape?.length === 4;
    return this.runDecoder(isSoft ? 'statisticsSoft' : 'statistics', z, options);
  }

  /** Encodes and decodes. */
  async reconstruct(pixels: Pixels, options?: RunOptions): Promise<{ tokens: TokenGrid; pixels: Pixels }> {
    this.need('decoder');
    const tokens = await this.encode(pixels, options);
    return { tokens, pixels: await this.decode(tokens, options) };
  }

  /** The plan for a shape: [B, 3, H, W] to encode, [B, h, w] to decode. `prepare()` it to choose when that happens. */
  planFor(work: DvaeWork, shape: readonly number[]): Compiled<Tensor> {
    this.plans.check(work);
    if (typeof work !== 'string' || !Object.hasOwn(inputType, work)) {
      const known = Object.keys(inputType).join(', ');
      throw new UsageError('E_ARGUMENT', `planFor: there is no such work; there are ${known}.`);
    }
    checkSizes(work, shape, sizeNames(work), isEncoding(work) ? 1 : patch * patch);
    const { device, ...rewriting } = this.options;
    const inputs = { x: { shape, dtype: inputType[work] } };
    return this.plans.get(work, shape.join(','), () => {
      return compile(device, ({ x }) => this.trace(work, x), inputs, rewriting);
    });
  }

  get channels(): number {
    const { encoder, decoder } = this.parts;
    return decoder?.architecture.output_channels ?? encoder?.architecture.input_channels ?? 3;
  }

  get vocabularies(): Readonly<Record<string, number>> {
    const parts = Object.entries(this.parts);
    return Object.fromEntries(parts.map(([name, { architecture }]) => [name, architecture.vocab_size]));
  }

  get isDisposed(): boolean {
    return this.plans.isDisposed;
  }

  /** Frees the weights on the device and closes their files, once work under way is done. */
  dispose(): Promise<void> {
    return this.plans.dispose();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  private trace(work: DvaeWork, x: Tensor): Tensor {
    if (isEncoding(work)) {
      const { architecture, tree } = this.need('encoder');
      const logits = encoder(architecture, tree, mapPixels(x));
      return work === 'encode' ? argmax(logits, 1) : logits;
    }
    const { architecture, tree } = this.need('decoder');
    const z = inputType[work] === 'i32' ? oneHot(x, architecture.vocab_size, 1) : x; // [B, V, h, w]
    const statistics = decoder(architecture, tree, z);
    return work === 'decode' || work === 'decodeSoft' ? likelyPixels(statistics) : statistics;
  }

  private async runEncoder(
    work: 'encode' | 'logits',
    pixels: Pixels,
    options?: RunOptions,
  ): Promise<{ data: TypedNumbers; shape: readonly number[] }> {
    const { architecture } = this.need('encoder');
    checkNumbersGiven('encode', pixels, sizeNames(work), 1);
    checkOptional('encode', options);
    const { data, shape } = pixels;
    const [, channels, height, width] = shape;
    if (channels !== architecture.input_channels || height % patch !== 0 || width % patch !== 0) {
      throw new ShapeError(
        'E_SHAPE',
        `encode: pixels must be [B, ${architecture.input_channels}, H, W] with H and W multiples of ${patch}, ` +
          `got [${shape.join(', ')}]. Resize or crop the picture first.`,
      );
    }
    checkPixels('encode', data);
    const plan = this.planFor(work, shape);
    return {
      data: (await this.plans.track(plan.run({ x: data }, options))) as TypedNumbers,
      shape: plan.outputs.shape,
    };
  }

  private async runDecoder(work: DvaeWork, given: TokenGrid | TokenScores, options?: RunOptions): Promise<TokenScores> {
    const { architecture } = this.need('decoder');
    checkNumbersGiven('decode', given, sizeNames(work), patch * patch);
    checkOptional('decode', options);
    const { data, shape } = given;
    if (inputType[work] === 'i32') checkTokens('decode', data, architecture.vocab_size);
    else if (shape[1] !== architecture.vocab_size) {
      throw new ShapeError(
        'E_SHAPE',
        `decode: distributions must be [B, ${architecture.vocab_size}, h, w], got [${shape.join(', ')}].`,
      );
    } else checkScores('decode', data);
    const plan = this.planFor(work, shape);
    const result = (await this.plans.track(plan.run({ x: data }, options))) as Float32Array;
    return { data: checkFinite('decode', result), shape: plan.outputs.shape as TokenScores['shape'] };
  }

  private need(part: 'encoder'): { architecture: EncoderArchitecture; tree: WeightTree };
  private need(part: 'decoder'): { architecture: DecoderArchitecture; tree: WeightTree };
  private need(part: 'encoder' | 'decoder'): {
    architecture: EncoderArchitecture | DecoderArchitecture;
    tree: WeightTree;
  } {
    const weights = this.parts[part];
    if (!weights) {
      const job = part === 'encoder' ? 'Encoding' : 'Decoding';
      throw new DalleError(
        'E_PART_MISSING',
        `${job} needs the ${part}, and this model has none. Convert the file that has it together with the model's ` +
          "others into a new folder: of OpenAI's, dalle-gl convert encoder.pkl decoder.pkl -o DIR.",
      );
    }
    let tree = this.trees.get(weights);
    if (!tree) this.trees.set(weights, (tree = growTree(netTensors(weights), this.precision)));
    return { architecture: weights.architecture, tree };
  }
}

const inputType = {
  encode: 'f32',
  logits: 'f32',
  decode: 'i32',
  decodeSoft: 'f32',
  statistics: 'i32',
  statisticsSoft: 'f32',
} as const;

function isEncoding(work: DvaeWork): boolean {
  return work === 'encode' || work === 'logits';
}

function sizeNames(work: DvaeWork): string {
  if (isEncoding(work)) return 'B, 3, H, W';
  return inputType[work] === 'i32' ? 'B, h, w' : 'B, V, h, w';
}
