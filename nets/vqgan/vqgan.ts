/**
 * A VQGAN as people use it: pictures to tokens and back. Wraps the two nets in compiled plans, one for each shape met,
 * and keeps the latest of each kind, since a plan holds its weights on the device. Pictures are computed one after the
 * other, as they do not look at each other: the memory of one is enough, whatever the batch.
 * B batch, H W picture, P pixels along each side of a token, h = H/P, w = W/P grid of tokens.
 */
import { checkObject } from '../../base/check-argument.ts';
import { DalleError, ShapeError, UsageError } from '../../base/errors.ts';
import { argmax, compile, conv2d, gather } from '../../ops/index.ts';
import type { Compiled, Device, RewriteOptions, RunOptions, Tensor } from '../../ops/index.ts';
import { checkNumbersGiven, checkPixels, checkSizes } from '../check-numbers.ts';
import { checkFinite, checkModelOptions, checkOptional, checkTokens } from '../checks.ts';
import type { PictureCoder, Pixels, TokenGrid } from '../picture-coder.ts';
import { Plans } from '../plans.ts';
import { growTree, type Precision, type WeightTree } from '../weight-tree.ts';
import { checkWeights, isKind, netTensors, type Weights } from '../weights.ts';
import { patchOf, type VqganDecoderArchitecture, type VqganEncoderArchitecture } from './architecture.ts';
import { deriveScores, deriveTable } from './codebook.ts';
import { decoder } from './decoder.ts';
import { encoder } from './encoder.ts';
import { fromRange, toRange } from './pixels.ts';
import { foldWavelet } from './wavelet.ts';

/** Either part may be missing: encoding needs the encoder only, decoding the decoder only. */
export interface VqganParts {
  readonly encoder?: Weights;
  readonly decoder?: Weights;
}

/** Where a VQGAN computes, and how exactly. */
export interface VqganOptions extends RewriteOptions {
  readonly device: Device;
  /** `half`: weights of convolutions and what layers hand on are rounded to half, sums are not [full]. */
  readonly precision?: Precision;
}

/** What a plan computes. */
type VqganWork = 'encode' | 'decode';

interface OpenedParts {
  readonly encoder?: Weights<VqganEncoderArchitecture>;
  readonly decoder?: Weights<VqganDecoderArchitecture>;
}

/** A VQGAN on a device: pictures to tokens and back. */
export class Vqgan implements PictureCoder {
  readonly patch: number;
  readonly parts: OpenedParts;
  readonly precision: Precision;
  private readonly options: Omit<VqganOptions, 'precision'>;
  private readonly trees = new Map<VqganWork, WeightTree>();
  private readonly plans: Plans;

  /** @throws DalleError `E_ARCHITECTURE` for a part that is another net, or for halves of two VQGANs */
  constructor(parts: VqganParts, given: VqganOptions) {
    checkObject('Vqgan', 'parts', parts);
    checkModelOptions('Vqgan', given);
    const { precision = 'full', ...options } = given;
    this.parts = checkParts(parts);
    const [first = 8, other = first] = Object.values(this.parts).map(({ architecture }) => patchOf(architecture));
    if (first !== other) throw unlikeHalves(`the encoder makes a token of ${first}×${first} pixels`, other);
    this.patch = first;
    this.precision = precision;
    this.options = options;
    this.plans = new Plans('VQGAN', Object.values(this.parts));
  }

  /**
   * Pixels [B, 3, H, W] → tokens [B, H/P, W/P]: rows of the codebook that are nearest to what the encoder gives, the
   * first of equals; for a Gumbel quantiser the arg-max of its logits, without the noise that training adds.
   * @throws DalleError `E_PART_MISSING`, `E_NOT_FINITE`; ShapeError `E_SHAPE`, `E_PIXEL_RANGE`; see also Executable.run
   */
  async encode(pixels: Pixels, options?: RunOptions): Promise<TokenGrid> {
    const { in_channels } = this.need('encoder').architecture;
    const { patch } = this;
    checkNumbersGiven('encode', pixels, 'B, 3, H, W', 1);
    checkOptional('encode', options);
    const { data, shape } = pixels;
    const [batch, channels, height, width] = shape;
    if (channels !== in_channels || height % patch !== 0 || width % patch !== 0) {
      throw new ShapeError(
        'E_SHAPE',
        `encode: pixels must be [B, ${in_channels}, H, W] with H and W multiples of ${patch}, got ` +
          `[${shape.join(', ')}]. Resize or crop the picture first.`,
      );
    }
    checkPixels('encode', data);
    const tokens = new Int32Array((batch * height * width) / patch ** 2);
    await this.runEach('encode', { data, shape }, tokens, options);
    const bad = tokens.indexOf(-1); // what argmax says where it met a NaN
    if (bad < 0) return { data: tokens, shape: [batch, height / patch, width / patch] };
    throw new DalleError(
      'E_NOT_FINITE',
      `encode: what the encoder gives at position ${bad} is no number. The pixels or the weights hold NaN or Infinity: ` +
        'check the picture, and convert the checkpoint again. ' +
        (this.precision === 'half' ? 'Or a number passed 65504, where halves end: use full precision.' : ''),
    );
  }

  /**
   * Tokens [B, h, w] → pixels [B, 3, P·h, P·w] in [0, 1], what the net gives beyond its range being clamped.
   * @throws DalleError `E_PART_MISSING`, `E_NOT_FINITE`; ShapeError `E_SHAPE`, `E_TOKEN`; see also Executable.run
   */
  async decode(tokens: TokenGrid, options?: RunOptions): Promise<Pixels> {
    const { n_embed, out_ch } = this.need('decoder').architecture;
    const { patch } = this;
    checkNumbersGiven('decode', tokens, 'B, h, w', patch ** 2);
    checkOptional('decode', options);
    const { data, shape } = tokens;
    checkTokens('decode', data, n_embed);
    const [batch, height, width] = shape;
    const pixels = new Float32Array(batch * out_ch * height * width * patch ** 2);
    await this.runEach('decode', { data, shape }, pixels, options);
    return { data: checkFinite('decode', pixels), shape: [batch, out_ch, height * patch, width * patch] };
  }

  /** Encodes and decodes. */
  async reconstruct(pixels: Pixels, options?: RunOptions): Promise<{ tokens: TokenGrid; pixels: Pixels }> {
    this.need('decoder');
    const tokens = await this.encode(pixels, options);
    return { tokens, pixels: await this.decode(tokens, options) };
  }

  /** The plan for a shape: [B, 3, H, W] to encode, [B, h, w] to decode; `encode` and `decode` run those of a B of 1. */
  planFor(work: VqganWork, shape: readonly number[]): Compiled<Tensor> {
    this.plans.check(work);
    if (work !== 'encode' && work !== 'decode') {
      throw new UsageError('E_ARGUMENT', 'planFor: there is no such work; there are encode, decode.');
    }
    const isEncoding = work === 'encode';
    checkSizes(work, shape, isEncoding ? 'B, 3, H, W' : 'B, h, w', isEncoding ? 1 : this.patch ** 2);
    const { device, ...rewriting } = this.options;
    const inputs = { x: { shape, dtype: isEncoding ? 'f32' : 'i32' } } as const;
    return this.plans.get(work, shape.join(','), () => {
      return compile(device, ({ x }) => (isEncoding ? this.traceEncoder(x) : this.traceDecoder(x)), inputs, rewriting);
    });
  }

  get channels(): number {
    const { encoder, decoder } = this.parts;
    return decoder?.architecture.out_ch ?? encoder?.architecture.in_channels ?? 3;
  }

  get vocabularies(): Readonly<Record<string, number>> {
    const parts = Object.entries(this.parts);
    return Object.fromEntries(parts.map(([name, { architecture }]) => [name, architecture.n_embed]));
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

  /** x [B, 3, H, W] in 0…1 → tokens [B, h, w]. */
  private traceEncoder(x: Tensor): Tensor {
    const { architecture, parts } = this.need('encoder');
    const tree = this.tree('encode', () => deriveScores(architecture, netTensors(parts)));
    const z = encoder(architecture, tree, toRange(x, architecture.pixel_range)); // [B, e, h, w]
    return argmax(conv2d(z, tree.get('scores.weight'), tree.get('scores.bias')), 1); // of [B, n, h, w]
  }

  /** Tokens [B, h, w] → pixels [B, 3, P·h, P·w] in 0…1. */
  private traceDecoder(tokens: Tensor): Tensor {
    const { architecture, parts } = this.need('decoder');
    const tree = this.tree('decode', () => foldWavelet(architecture, deriveTable(architecture, netTensors(parts))));
    const z = gather(tree.get('table'), tokens, 1); // [B, z, h, w]
    return fromRange(decoder(architecture, tree, z), architecture.pixel_range);
  }

  /** Picture by picture into `results`, of which each has as many. */
  private async runEach(
    work: VqganWork,
    { data, shape }: { readonly data: Float32Array | Int32Array; readonly shape: readonly [number, ...number[]] },
    results: Float32Array | Int32Array,
    options: RunOptions = {},
  ): Promise<void> {
    const [batch, ...sizes] = shape;
    const { onProgress, signal } = options;
    const plan = this.planFor(work, [1, ...sizes]);
    const [given, made] = [data.length / batch, results.length / batch];
    for (let picture = 0; picture < batch; picture++) {
      const x = data.subarray(picture * given, (picture + 1) * given);
      const watched: RunOptions = {
        ...(signal && { signal }),
        ...(onProgress && {
          onProgress: ({ done, total }) => onProgress({ done: picture * total + done, total: batch * total }),
        }),
      };
      results.set(await this.plans.track(plan.run({ x }, watched)), picture * made);
    }
  }

  private tree(work: VqganWork, derive: () => ReturnType<typeof netTensors>): WeightTree {
    const tree = this.trees.get(work) ?? growTree(derive(), this.precision);
    this.trees.set(work, tree);
    return tree;
  }

  private need<Part extends keyof OpenedParts>(
    part: Part,
  ): { architecture: Required<OpenedParts>[Part]['architecture']; parts: Required<OpenedParts>[Part] } {
    const weights = this.parts[part] as Required<OpenedParts>[Part] | undefined;
    if (weights) return { architecture: weights.architecture, parts: weights };
    const job = part === 'encoder' ? 'Encoding' : 'Decoding';
    throw new DalleError(
      'E_PART_MISSING',
      `${job} needs the ${part}, and this model has none. Convert a checkpoint that has it into a new folder: dalle-gl ` +
        'convert vqgan.ckpt -o DIR.',
    );
  }
}

function checkParts({ encoder, decoder }: VqganParts): OpenedParts {
  for (const part of [encoder, decoder]) if (part !== undefined) checkWeights('Vqgan', part);
  if (encoder && !isKind(encoder, 'vqgan-encoder')) throw wrongPart('encoder', encoder);
  if (decoder && !isKind(decoder, 'vqgan-decoder')) throw wrongPart('decoder', decoder);
  return { ...(encoder && { encoder }), ...(decoder && { decoder }) };
}

function wrongPart(part: 'encoder' | 'decoder', { source, architecture }: Weights): DalleError {
  return new DalleError(
    'E_ARCHITECTURE',
    `Vqgan: the ${part} was wanted, and ${source.name} holds a ${architecture.kind}. Are the files the wrong way round?`,
  );
}

function unlikeHalves(what: string, patch: number): DalleError {
  return new DalleError(
    'E_ARCHITECTURE',
    `Vqgan: ${what}, and the decoder ${patch}×${patch} pixels of one. They are of different models: convert the two that ` +
      'belong together.',
  );
}
