/**
 * CLIP as people use it: how well pictures go with a text. Wraps the two towers in compiled plans, each for the sizes
 * it met last, since a plan holds its weights on the device; a tower that nobody asks for is never uploaded.
 */
import { argumentError, checkEach, checkText, checkView } from '../../base/check-argument.ts';
import { checkOptions } from '../../base/check-options.ts';
import { ShapeError } from '../../base/errors.ts';
import { toClipPixels, prepareForClip } from '../../images/clip-pixels.ts';
import type { Picture } from '../../images/picture.ts';
import { compile } from '../../ops/index.ts';
import type { Compiled, Device, RewriteOptions, RunOptions, Tensor } from '../../ops/index.ts';
import { checkNumbersGiven } from '../check-numbers.ts';
import { checkFinite, checkModelOptions, checkOptional, checkTokens } from '../checks.ts';
import type { Pixels } from '../picture-coder.ts';
import { Plans } from '../plans.ts';
import { checkTokenizer, type Tokenizer } from '../tokenizer/tokenizer.ts';
import { checkWeights, isKind, netTensors, type WeightsOf } from '../weights.ts';
import { growTree, type WeightTree } from '../weight-tree.ts';
import { visionPositions, type ClipArchitecture } from './architecture.ts';
import { cosines, type Features } from './features.ts';
import { cutPatches } from './patches.ts';
import { checkVocabulary, findEnd, prepareClipText } from './prepare-text.ts';
import { deriveProducts } from './tables.ts';
import { encodePictures, encodeTexts } from './towers.ts';

/** Where a CLIP computes, and with which rewrite rules. */
export interface ClipOptions extends RewriteOptions {
  /** Where it computes. */
  readonly device: Device;
}

/** How pictures are compared with a text. */
export interface RankOptions {
  /** Cut a text that is too long, instead of refusing it [false]. */
  readonly truncate?: boolean;
  readonly signal?: AbortSignal;
  /** Called while the pictures are looked at, which is what takes time: `done` and `total` count passes. */
  readonly onProgress?: RunOptions['onProgress'];
}

/** A picture among those that were ranked. */
export interface RankedPicture {
  /** Its place in the list that was given. */
  readonly index: number;
  /** The cosine with the text, in −1 … 1: the higher, the better they go together. */
  readonly score: number;
}

/** Pictures in one run: more take more memory, and hardly less time each. */
const MOST_TOGETHER = 8;

/** A CLIP on a device: compares pictures with a text. */
export class Clip {
  readonly architecture: ClipArchitecture;
  readonly tokenizer: Tokenizer;
  private readonly options: ClipOptions;
  private readonly tree: WeightTree;
  private readonly plans: Plans;

  /** @throws UsageError `E_ARGUMENT`; FormatError `E_MODEL_MANIFEST` for a tokenizer of another model */
  constructor(weights: WeightsOf<'clip'>, tokenizer: Tokenizer, options: ClipOptions) {
    checkWeights('Clip', weights);
    if (!isKind(weights, 'clip')) throw argumentError('Clip', 'weights of a CLIP', weights);
    checkTokenizer('Clip', tokenizer);
    checkModelOptions('Clip', options);
    checkVocabulary(tokenizer, weights.architecture);
    this.architecture = weights.architecture;
    this.tokenizer = tokenizer;
    this.options = options;
    this.tree = growTree(deriveProducts(netTensors(weights)));
    this.plans = new Plans('CLIP', [weights]);
  }

  /**
   * The cosine of each picture with the text, in the order of the pictures: the higher, the better they go together.
   * Pictures of any size are resized and cropped as OpenAI's code does it.
   *
   * @throws UsageError `E_TEXT_TOO_LONG`; ShapeError `E_SHAPE` for what is no picture; AbortedError `E_ABORTED`; see
   *   also Executable.run
   */
  async score(text: string, pictures: readonly Picture[], options: RankOptions = {}): Promise<number[]> {
    const row = await this.tokenize(text, options);
    const { signal, onProgress } = options;
    const shown = await this.encodePictures(pictures, { ...(signal && { signal }), ...(onProgress && { onProgress }) });
    return cosines(await this.encodeText(row, { ...(signal && { signal }) }), shown);
  }

  /** As `score`, the best first; of equals the one that was given first. */
  async rank(text: string, pictures: readonly Picture[], options: RankOptions = {}): Promise<RankedPicture[]> {
    const scores = await this.score(text, pictures, options);
    return scores.map((score, index) => ({ index, score })).sort((a, b) => b.score - a.score || a.index - b.index);
  }

  /**
   * A text as `encodeText` takes it, i32 [T]: the mark of its start, its tokens, the mark of its end, zeros.
   *
   * @throws UsageError `E_TEXT_TOO_LONG` where they do not fit and it is not to be cut
   */
  async tokenize(text: string, options: RankOptions = {}): Promise<Int32Array> {
    this.plans.check('tokenize');
    checkText('tokenize', 'text', text);
    checkOptions('tokenize', options);
    return prepareClipText(this.tokenizer, text, this.architecture, options.truncate);
  }

  /**
   * Pictures of any size, resized, cropped and normalised as OpenAI's code does it → vectors [n, E].
   *
   * @throws ShapeError `E_SHAPE` for what is no picture; as `encodeImages`
   */
  async encodePictures(pictures: readonly Picture[], options?: RunOptions): Promise<Features> {
    this.plans.check('encodePictures');
    checkOptional('encodePictures', options);
    const { onProgress, ...others } = options ?? {};
    const isObject = (picture: unknown): boolean => typeof picture === 'object' && picture !== null;
    checkEach('encodePictures', 'pictures', 'a picture', pictures, isObject);
    const { image_size: size, embed_dim } = this.architecture;
    const vectors = new Float32Array(pictures.length * embed_dim);
    // Groups of one size, since a plan is for one: 11 pictures are 6 and 5, the 5 with an empty one.
    const groups = Math.ceil(pictures.length / MOST_TOGETHER);
    const together = Math.ceil(pictures.length / groups);
    for (let start = 0; start < pictures.length; start += together) {
      const group = pictures.slice(start, start + together);
      const pixels = new Float32Array(together * 3 * size * size);
      group.forEach((picture, at) => pixels.set(toClipPixels(prepareForClip(picture, size)), at * 3 * size * size));
      const before = start / together;
      let passes = 0;
      const watch: RunOptions['onProgress'] = ({ done, total }) => {
        passes = total;
        onProgress?.({ done: before * total + done, total: groups * total });
      };
      const run = { ...others, ...(onProgress && { onProgress: watch }) };
      const { data } = await this.encodeImages({ data: pixels, shape: [together, 3, size, size] }, run);
      vectors.set(data.subarray(0, group.length * embed_dim), start * embed_dim);
      if (passes > 0) watch({ done: passes, total: passes }); // a quick run does not tell its end
    }
    return { data: vectors, shape: [pictures.length, embed_dim] };
  }

  /**
   * Rows of text i32 [S·T], each a start, tokens, an end and anything behind it → vectors [S, E].
   *
   * @throws ShapeError `E_SHAPE`, `E_TOKEN`; DalleError `E_NOT_FINITE`; see also Executable.run
   */
  async encodeText(rows: Int32Array, options?: RunOptions): Promise<Features> {
    this.plans.check('encodeText');
    checkView('encodeText', 'rows', rows, [Int32Array]);
    checkOptional('encodeText', options);
    const { text_length: width, text_vocab, embed_dim } = this.architecture;
    if (rows.length === 0 || rows.length % width !== 0) {
      throw new ShapeError('E_SHAPE', `encodeText: rows must be of ${width} tokens each, got ${rows.length} in all.`);
    }
    checkTokens('encodeText', rows, text_vocab, 'text token');
    const sequences = rows.length / width;
    const whole = Array.from({ length: sequences }, (_, row) => rows.subarray(row * width, (row + 1) * width));
    const ends = whole.map(findEnd);
    // No position sees a later one: what stands behind the last end need not be computed.
    const length = Math.min(width, 8 * Math.ceil((Math.max(...ends) + 1) / 8));
    const text = Int32Array.from(whole.flatMap((row) => [...row.subarray(0, length)]));
    const given = { text, ends: Int32Array.from(ends, (end, row) => row * length + end) };
    const run = this.planText(sequences, length).run(given, options);
    const data = (await this.plans.track(run)) as Float32Array;
    return { data: checkFinite('encodeText', data), shape: [sequences, embed_dim] };
  }

  /**
   * Pixels [B, 3, S, S], normalised → vectors [B, E].
   *
   * @throws ShapeError `E_SHAPE`; DalleError `E_NOT_FINITE`; see also Executable.run
   */
  async encodeImages(pixels: Pixels, options?: RunOptions): Promise<Features> {
    this.plans.check('encodeImages');
    checkNumbersGiven('encodeImages', pixels, 'B, 3, S, S', 1);
    checkOptional('encodeImages', options);
    const { image_size: size, patch, embed_dim } = this.architecture;
    const [batch, channels, height, width] = pixels.shape;
    if (channels !== 3 || height !== size || width !== size) {
      throw new ShapeError(
        'E_SHAPE',
        `encodeImages: pixels must be [B, 3, ${size}, ${size}], got [${pixels.shape.join(', ')}]. score and rank take ` +
          'pictures of any size.',
      );
    }
    const patches = cutPatches(checkFinite('encodeImages', Float32Array.from(pixels.data)), size, patch);
    const run = this.planImages(batch).run({ patches }, options);
    const data = (await this.plans.track(run)) as Float32Array;
    return { data: checkFinite('encodeImages', data), shape: [batch, embed_dim] };
  }

  get isDisposed(): boolean {
    return this.plans.isDisposed;
  }

  /** Frees what is on the device, closes the weights' file and ends the tokenizer, once work under way is done. */
  async dispose(): Promise<void> {
    await this.plans.dispose();
    this.tokenizer.dispose?.();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  private planText(sequences: number, length: number): Compiled<Tensor> {
    const { device, ...rewriting } = this.options;
    const text = { shape: [sequences, length], dtype: 'i32' } as const;
    const ends = { shape: [sequences], dtype: 'i32' } as const;
    const trace = (inputs: { readonly text: Tensor; readonly ends: Tensor }): Tensor => {
      return encodeTexts(this.architecture, this.tree, inputs.text, inputs.ends);
    };
    return this.plans.get('text', `${sequences}, ${length}`, () => compile(device, trace, { text, ends }, rewriting));
  }

  private planImages(batch: number): Compiled<Tensor> {
    const { device, ...rewriting } = this.options;
    const { patch } = this.architecture;
    const rows = batch * (visionPositions(this.architecture) - 1);
    const patches = { shape: [rows, 3 * patch * patch], dtype: 'f32' } as const;
    const trace = (inputs: { readonly patches: Tensor }): Tensor => {
      return encodePictures(this.architecture, this.tree, inputs.patches);
    };
    return this.plans.get('images', String(batch), () => compile(device, trace, { patches }, rewriting));
  }
}
