/**
 * The transformer as people use it: the logits of a whole sequence, or a decoding that goes on token by token. Wraps
 * the programs of sequence.ts in compiled plans, which share their weights on the device, and keeps those of a decoding
 * for the next one of the same size.
 */
import { checkWeights } from '../weights.ts';
import { argumentError } from '../../base/check-argument.ts';
import { compile } from '../../ops/index.ts';
import type { Compiled, RunOptions, Tensor } from '../../ops/index.ts';
import { netTensors } from '../weights.ts';
import {
  addStartToken,
  imagePositions,
  textPositions,
  textRows,
  type TransformerArchitecture,
} from './architecture.ts';
import { Plans } from '../plans.ts';
import { isKind, type WeightsOf } from '../weights.ts';
import { checkFinite, checkImageTokens, checkModelOptions, countTexts } from '../checks.ts';
import { growTree, type WeightTree } from '../weight-tree.ts';
import { prepareText, type PrepareTextOptions } from '../tokenizer/prepare-text.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import type { TextRows, TokenTransformer } from '../token-transformer.ts';
import { countCacheBytes } from './caches.ts';
import { TransformerPlans } from './decoding-plans.ts';
import { beginDecoding, type Decoding } from '../decoding.ts';
import type { TransformerOptions } from './options.ts';
import { wholeSequence } from './sequence.ts';
import { deriveTables } from './tables.ts';

/** A transformer on a device: logits of whole sequences, or token by token. */
export class Transformer implements TokenTransformer {
  readonly architecture: TransformerArchitecture;
  private readonly options: TransformerOptions;
  private readonly tree: WeightTree;
  private readonly plans: Plans;

  constructor(weights: WeightsOf<'transformer'>, options: TransformerOptions) {
    checkWeights('Transformer', weights);
    if (!isKind(weights, 'transformer')) throw argumentError('Transformer', 'weights of a transformer', weights);
    checkModelOptions('Transformer', options);
    this.architecture = weights.architecture;
    this.options = options;
    this.tree = growTree(deriveTables(this.architecture, netTensors(weights)));
    this.plans = new Plans('transformer', [weights]);
  }

  get grid(): readonly [number, number] {
    return this.architecture.grid;
  }

  get imageVocabulary(): number {
    return this.architecture.image_vocab;
  }

  get textVocabulary(): number {
    return this.architecture.text_vocab;
  }

  get cacheBytes(): number {
    return countCacheBytes(this.architecture);
  }

  /**
   * The rows of a text's embedding, [1, text positions], start token and pads in place; and those of the empty text.
   * @throws as `prepareText`
   */
  async prepareText(tokenizer: Tokenizer, text: string, options: PrepareTextOptions = {}): Promise<TextRows> {
    const { architecture } = this;
    const rows = await prepareText(tokenizer, text, architecture, options);
    const emptyRows = await prepareText(tokenizer, '', architecture);
    return { text: addStartToken(architecture, rows), emptyText: addStartToken(architecture, emptyRows) };
  }

  /**
   * Logits of every image token given the text and the image tokens before it.
   * @param text i32 [S, text positions], pads and start token in place
   * @param image i32 [S, H·W]
   * @returns [S, H·W, V], row-major
   * @throws ShapeError `E_SHAPE`, `E_TOKEN`; DalleError `E_NOT_FINITE`; see also Executable.run
   */
  async imageLogits(text: Int32Array, image: Int32Array, options?: RunOptions): Promise<Float32Array> {
    this.plans.check('imageLogits');
    const { architecture } = this;
    const count = imagePositions(architecture);
    const sequences = this.countTexts('imageLogits', text);
    checkImageTokens('imageLogits', image, sequences, this);
    const given = image.filter((_, at) => at % count < count - 1);
    const result = await this.plans.track(this.planWhole(sequences).run({ text, image: given }, options));
    return checkFinite('imageLogits', result as Float32Array);
  }

  /**
   * Reads the text and makes ready to draw candidates: `batch` of them, the same number for each of the S texts, those
   * of the first text first. One decoding at a time is quick to begin; more take memory of their own.
   * @throws ShapeError `E_SHAPE`, `E_TOKEN`; ContextError `E_DISPOSED`
   */
  async begin(text: Int32Array, batch: number, options?: RunOptions): Promise<Decoding> {
    this.plans.check('begin');
    const sequences = this.countTexts('begin', text);
    return beginDecoding(this, this.plans, { text, sequences, batch, options }, () => {
      return new TransformerPlans(this.architecture, this.tree, this.options, { sequences, batch });
    });
  }

  get isDisposed(): boolean {
    return this.plans.isDisposed;
  }

  /** Frees what is on the device, decodings too, and closes the weights' file, once work under way is done. */
  dispose(): Promise<void> {
    return this.plans.dispose();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  private planWhole(sequences: number): Compiled<Tensor> {
    const { device, ...rewriting } = this.options;
    const image = { shape: [sequences, imagePositions(this.architecture) - 1], dtype: 'i32' } as const;
    const text = { shape: [sequences, textPositions(this.architecture)], dtype: 'i32' } as const;
    const trace = (inputs: { readonly text: Tensor; readonly image: Tensor }): Tensor => {
      return wholeSequence(this.architecture, this.tree, inputs.text, inputs.image).image;
    };
    return this.plans.get('whole', String(sequences), () => compile(device, trace, { text, image }, rewriting));
  }

  private countTexts(where: string, text: Int32Array): number {
    return countTexts(where, text, textPositions(this.architecture), textRows(this.architecture));
  }
}
