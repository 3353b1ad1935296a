/**
 * DALL·E mini's BART as people use it: the logits of a whole picture, or a decoding that goes on token by token. Wraps
 * the programs of sequence.ts in compiled plans, which share their weights on the device.
 */
import { argumentError, checkObject } from '../../base/check-argument.ts';
import { FormatError } from '../../base/errors.ts';
import { compile } from '../../ops/index.ts';
import type { Compiled, RunOptions, Tensor } from '../../ops/index.ts';
import { checkFinite, checkImageTokens, checkModelOptions, countTexts } from '../checks.ts';
import { beginDecoding, type Decoding } from '../decoding.ts';
import { Plans } from '../plans.ts';
import type { PrepareTextOptions } from '../tokenizer/prepare-text.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import type { TextRows, TokenTransformer } from '../token-transformer.ts';
import type { TransformerOptions } from '../transformer/options.ts';
import { checkWeights, isKind, netTensors, type WeightsOf } from '../weights.ts';
import { growTree } from '../weight-tree.ts';
import { imageTokens, type BartDecoderArchitecture } from './architecture.ts';
import { countCacheBytes } from './caches.ts';
import { BartPlans, LastTexts } from './decoding-plans.ts';
import { countTokens, prepareBartText } from './prepare-text.ts';
import { textInputs, wholeSequence, type BartNet, type Texts } from './sequence.ts';
import { deriveTables } from './tables.ts';

/** The halves of a BART. */
export interface BartParts {
  readonly encoder: WeightsOf<'bart-encoder'>;
  readonly decoder: WeightsOf<'bart-decoder'>;
}

/** An encoder of texts and a decoder of image tokens on a device. */
export class Bart implements TokenTransformer {
  /** That of the decoder. */
  readonly architecture: BartDecoderArchitecture;
  private readonly options: TransformerOptions;
  private readonly net: BartNet;
  private readonly plans: Plans;
  private readonly last = new LastTexts();

  constructor({ encoder, decoder }: BartParts, options: TransformerOptions) {
    for (const weights of [encoder, decoder]) checkWeights('Bart', weights);
    if (!isKind(encoder, 'bart-encoder')) throw argumentError('Bart', 'weights of a bart-encoder', encoder);
    if (!isKind(decoder, 'bart-decoder')) throw argumentError('Bart', 'weights of a bart-decoder', decoder);
    checkModelOptions('Bart', options);
    checkPair(encoder, decoder);
    this.architecture = decoder.architecture;
    this.options = options;
    this.net = {
      encoder: encoder.architecture,
      decoder: decoder.architecture,
      encoderWeights: growTree(deriveTables(encoder.architecture, netTensors(encoder))),
      decoderWeights: growTree(deriveTables(decoder.architecture, netTensors(decoder))),
    };
    this.plans = new Plans('transformer', [encoder, decoder]);
  }

  get grid(): readonly [number, number] {
    return this.architecture.grid;
  }

  get imageVocabulary(): number {
    return this.architecture.image_vocab;
  }

  get textVocabulary(): number {
    return this.net.encoder.text_vocab;
  }

  get cacheBytes(): number {
    return countCacheBytes(this.architecture);
  }

  /**
   * The rows of a text's embedding, [1, text positions], start, end and pads in place; and those that guidance starts
   * from.
   * @throws UsageError `E_TEXT_TOO_LONG`; ShapeError `E_TOKEN` for a tokenizer of another model
   */
  prepareText(tokenizer: Tokenizer, text: string, options: PrepareTextOptions = {}): Promise<TextRows> {
    checkObject('prepareText', 'options', options);
    return prepareBartText(tokenizer, text, this.net.encoder, options);
  }

  /**
   * Logits of every image token given the text and the image tokens before it.
   * @param text i32 [S, text positions], start, end and pads in place
   * @param image i32 [S, H·W]
   * @returns [S, H·W, V], row-major
   * @throws ShapeError `E_SHAPE`, `E_TOKEN`; DalleError `E_NOT_FINITE`; see also Executable.run
   */
  async imageLogits(text: Int32Array, image: Int32Array, options?: RunOptions): Promise<Float32Array> {
    this.plans.check('imageLogits');
    const sequences = this.countTexts('imageLogits', text);
    checkImageTokens('imageLogits', image, sequences, this);
    const counts = countTokens(text, this.net.encoder);
    const length = imageTokens(this.architecture);
    const given = image.filter((_, at) => at % length < length - 1);
    const run = this.planWhole(sequences).run({ text, counts, image: given }, options);
    return checkFinite('imageLogits', (await this.plans.track(run)) as Float32Array);
  }

  /**
   * Reads the text and makes ready to draw candidates: `batch` of them, the same number for each of the S texts, those
   * of the first text first. The encoder is on the device for so long only. One decoding at a time is quick to begin;
   * more take memory of their own.
   * @throws ShapeError `E_SHAPE`, `E_TOKEN`; ContextError `E_DISPOSED`
   */
  async begin(text: Int32Array, batch: number, options?: RunOptions): Promise<Decoding> {
    this.plans.check('begin');
    const sequences = this.countTexts('begin', text);
    countTokens(text, this.net.encoder); // says now if a text is none
    return beginDecoding(this, this.plans, { text, sequences, batch, options }, () => {
      return new BartPlans(this.net, this.last, this.options, { sequences, batch });
    });
  }

  get isDisposed(): boolean {
    return this.plans.isDisposed;
  }

  /** Frees what is on the device, decodings too, and closes the weights' files, once work under way is done. */
  dispose(): Promise<void> {
    return this.plans.dispose();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  private planWhole(sequences: number): Compiled<Tensor> {
    const { device, ...rewriting } = this.options;
    const { text, counts } = textInputs(sequences, this.net.encoder.text_length);
    const image = { shape: [sequences, imageTokens(this.architecture) - 1], dtype: 'i32' } as const;
    const trace = ({ image: given, ...texts }: Texts & { readonly image: Tensor }): Tensor =>
      wholeSequence(this.net, texts, given);
    return this.plans.get('whole', String(sequences), () => {
      return compile(device, trace, { text, counts, image }, rewriting);
    });
  }

  private countTexts(where: string, text: Int32Array): number {
    return countTexts(where, text, this.net.encoder.text_length, this.net.encoder.text_vocab);
  }
}

function checkPair(
  { architecture: encoder }: BartParts['encoder'],
  { architecture: decoder }: BartParts['decoder'],
): void {
  if (encoder.dim === decoder.dim) return;
  throw new FormatError(
    'E_MODEL_MANIFEST',
    `Bart: the text encoder gives vectors of ${encoder.dim} numbers and the decoder reads ${decoder.dim}. They are of ` +
      'different models: convert the two that belong together.',
  );
}
