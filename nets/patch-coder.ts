/**
 * A coder of pictures made of two nets, an encoder that scores codes at each place and a decoder of the codes: what
 * all such coders have in common, whatever the nets. It wraps them in compiled plans, one for each shape met, and
 * keeps the latest of each kind, since a plan holds its weights on the device. Pictures are computed one after the
 * other, as they do not look at each other: the memory of one is enough, whatever the batch. B batch, C channels, H W
 * picture, P pixels along each side of a token, h = H/P, w = W/P grid of tokens.
 */
import { checkObject } from '../base/check-argument.ts';
import { DalleError, ShapeError, UsageError } from '../base/errors.ts';
import { argmax, compile } from '../ops/index.ts';
import type { Compiled, Device, RewriteOptions, RunOptions, Tensor } from '../ops/index.ts';
import { checkNumbersGiven, checkPixels, checkSizes } from './check-numbers.ts';
import { checkFinite, checkModelOptions, checkOptional, checkTokens } from './checks.ts';
import type { NetsByPart } from './net-kinds.ts';
import type { PictureCoder, Pixels, TokenGrid } from './picture-coder.ts';
import { Plans } from './plans.ts';
import { growTree, type Precision, type WeightTree } from './weight-tree.ts';
import { checkWeights, netTensors, type TensorData, type Weights } from './weights.ts';
import { wrongPart } from './wrong-part.ts';

/** Where a coder of pictures computes, and how exactly. */
export interface PatchCoderOptions extends RewriteOptions {
  readonly device: Device;
  /** `half`: weights of convolutions and what layers hand on are rounded to half, sums are not [full]. */
  readonly precision?: Precision;
}

/** Either part may be missing: encoding needs the encoder only, decoding the decoder only. */
export interface PatchCoderParts {
  readonly encoder?: Weights;
  readonly decoder?: Weights;
}

type Tensors = ReadonlyMap<string, TensorData>;

/** How one half of a coder is computed. */
interface Half<Architecture> {
  readonly kind: string;
  patch(architecture: Architecture): number;
  codes(architecture: Architecture): number;
  /** How many channels a picture may have that it takes, or has that it gives; the first unless told. */
  channels(architecture: Architecture): readonly number[];
  /** Tensors in other forms beside its own [none]. */
  derive?(architecture: Architecture, tensors: Tensors): Tensors;
  /** Pixels [B, C, H, W] in 0…1 → scores of the codes [B, n, h, w]; or tokens [B, h, w] → pixels [B, 3, H, W]. */
  trace(architecture: Architecture, weights: WeightTree, x: Tensor): Tensor;
}

/** What tells one coder from another. */
export interface CoderForm<E, D> {
  /** Its class, and what people call it; both for messages. */
  readonly name: string;
  readonly what: string;
  /** The file that has it, as `convert` takes it. */
  readonly file: string;
  /** Which of its files have one half alone: a sentence behind a blank [none]. */
  readonly halves?: string;
  readonly encoder: Half<E>;
  readonly decoder: Half<D>;
}

/** What a plan computes. */
type Work = 'encode' | 'decode';

const PARTS = { encode: 'encoder', decode: 'decoder' } as const;

/** A coder of pictures on a device. */
export abstract class PatchCoder<
  E extends NetsByPart['encoder'],
  D extends NetsByPart['decoder'],
> implements PictureCoder {
  readonly patch: number;
  readonly parts: { readonly encoder?: Weights<E>; readonly decoder?: Weights<D> };
  readonly precision: Precision;
  private readonly form: CoderForm<E, D>;
  private readonly options: Omit<PatchCoderOptions, 'precision'>;
  private readonly trees = new Map<Work, WeightTree>();
  private readonly plans: Plans;

  /** @throws DalleError `E_ARCHITECTURE` for a part that is another net, or for halves of two models */
  constructor(form: CoderForm<E, D>, parts: PatchCoderParts, given: PatchCoderOptions) {
    checkObject(form.name, 'parts', parts);
    checkModelOptions(form.name, given);
    const { precision = 'full', ...options } = given;
    const encoder = checkPart(form, 'encoder', parts.encoder) as Weights<E> | undefined;
    const decoder = checkPart(form, 'decoder', parts.decoder) as Weights<D> | undefined;
    this.parts = { ...(encoder && { encoder }), ...(decoder && { decoder }) };
    const first = encoder && form.encoder.patch(encoder.architecture);
    const second = decoder && form.decoder.patch(decoder.architecture);
    if (first !== undefined && second !== undefined && first !== second) throw unlikeHalves(form.name, first, second);
    this.patch = first ?? second ?? 8;
    this.form = form;
    this.precision = precision;
    this.options = options;
    this.plans = new Plans(form.what, Object.values(this.parts));
  }

  /**
   * Pixels [B, C, H, W] → tokens [B, h, w]: at each place the code of the largest score, the first of equals.
   * @throws DalleError `E_PART_MISSING`, `E_NOT_FINITE`; ShapeError `E_SHAPE`, `E_PIXEL_RANGE`; see also Executable.run
   */
  async encode(pixels: Pixels, options?: RunOptions): Promise<TokenGrid> {
    const takes = this.form.encoder.channels(this.need('encode').architecture as E);
    const { patch } = this;
    checkNumbersGiven('encode', pixels, 'B, 3, H, W', 1);
    checkOptional('encode', options);
    const { data, shape } = pixels;
    const [batch, channels, height, width] = shape;
    if (!takes.includes(channels) || height % patch !== 0 || width % patch !== 0) {
      throw new ShapeError(
        'E_SHAPE',
        `encode: pixels must be [B, ${takes.join(' or ')}, H, W] with H and W multiples of ${patch}, got ` +
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
   * Tokens [B, h, w] → pixels [B, 3, H, W] in [0, 1].
   * @throws DalleError `E_PART_MISSING`, `E_NOT_FINITE`; ShapeError `E_SHAPE`, `E_TOKEN`; see also Executable.run
   */
  async decode(tokens: TokenGrid, options?: RunOptions): Promise<Pixels> {
    const codes = this.form.decoder.codes(this.need('decode').architecture as D);
    const { patch, channels } = this;
    checkNumbersGiven('decode', tokens, 'B, h, w', patch ** 2);
    checkOptional('decode', options);
    const { data, shape } = tokens;
    checkTokens('decode', data, codes);
    const [batch, height, width] = shape;
    const pixels = new Float32Array(batch * channels * height * width * patch ** 2);
    await this.runEach('decode', { data, shape }, pixels, options);
    return { data: checkFinite('decode', pixels), shape: [batch, channels, height * patch, width * patch] };
  }

  /** Encodes and decodes. */
  async reconstruct(pixels: Pixels, options?: RunOptions): Promise<{ tokens: TokenGrid; pixels: Pixels }> {
    this.need('decode');
    const tokens = await this.encode(pixels, options);
    return { tokens, pixels: await this.decode(tokens, options) };
  }

  /** The plan for a shape: [B, C, H, W] to encode, [B, h, w] to decode; `encode` and `decode` run those of a B of 1. */
  planFor(work: Work, shape: readonly number[]): Compiled<Tensor> {
    this.plans.check(work);
    if (work !== 'encode' && work !== 'decode') {
      throw new UsageError('E_ARGUMENT', 'planFor: there is no such work; there are encode, decode.');
    }
    const isEncoding = work === 'encode';
    checkSizes(work, shape, isEncoding ? 'B, 3, H, W' : 'B, h, w', isEncoding ? 1 : this.patch ** 2);
    const { device, ...rewriting } = this.options;
    const inputs = { x: { shape, dtype: isEncoding ? 'f32' : 'i32' } } as const;
    return this.plans.get(work, shape.join(','), () => {
      return compile(device, ({ x }) => this.trace(work, x), inputs, rewriting);
    });
  }

  get channels(): number {
    const { encoder, decoder } = this.parts;
    const [made] = decoder ? this.form.decoder.channels(decoder.architecture) : [];
    const [taken] = encoder ? this.form.encoder.channels(encoder.architecture) : [];
    return made ?? taken ?? 3;
  }

  get vocabularies(): Readonly<Record<string, number>> {
    const { encoder, decoder } = this.parts;
    return {
      ...(encoder && { encoder: this.form.encoder.codes(encoder.architecture) }),
      ...(decoder && { decoder: this.form.decoder.codes(decoder.architecture) }),
    };
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

  private trace(work: Work, x: Tensor): Tensor {
    const { architecture } = this.need(work);
    if (work === 'decode') return this.form.decoder.trace(architecture as D, this.tree(work), x);
    return argmax(this.form.encoder.trace(architecture as E, this.tree(work), x), 1);
  }

  private tree(work: Work): WeightTree {
    const known = this.trees.get(work);
    if (known) return known;
    const weights = this.need(work);
    const half = this.form[PARTS[work]] as Half<unknown>;
    const tensors = netTensors(weights);
    const tree = growTree(half.derive?.(weights.architecture, tensors) ?? tensors, this.precision);
    this.trees.set(work, tree);
    return tree;
  }

  /** Picture by picture into `results`, of which each has as many. */
  private async runEach(
    work: Work,
    { data, shape }: { readonly data: Float32Array | Int32Array; readonly shape: readonly [number, ...number[]] },
    results: Float32Array | Int32Array,
    { onProgress, signal }: RunOptions = {},
  ): Promise<void> {
    const [batch, ...sizes] = shape;
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

  private need(work: Work): Weights {
    const weights = this.parts[PARTS[work]];
    if (weights) return weights;
    throw new DalleError(
      'E_PART_MISSING',
      `${work === 'encode' ? 'Encoding' : 'Decoding'} needs the ${PARTS[work]}, and this model has none. Convert a ` +
        `checkpoint that has it into a new folder: dalle-gl convert ${this.form.file} -o DIR.${this.form.halves ?? ''}`,
    );
  }
}

function checkPart<E, D>(
  form: CoderForm<E, D>,
  part: 'encoder' | 'decoder',
  weights: Weights | undefined,
): Weights | undefined {
  if (weights === undefined) return undefined;
  checkWeights(form.name, weights);
  if (weights.architecture.kind === form[part].kind) return weights;
  throw wrongPart(form.name, part, weights);
}

function unlikeHalves(name: string, first: number, second: number): DalleError {
  return new DalleError(
    'E_ARCHITECTURE',
    `${name}: the encoder makes a token of ${first}×${first} pixels, and the decoder ${second}×${second} pixels of one. ` +
      'They are of different models: convert the two that belong together.',
  );
}
