/**
 * The plans of a BART's decoding of one size, and the caches they share. The text is read by a plan of its own, which
 * goes before the decoder's come: nobody needs the encoder's weights while tokens are drawn, and they are nearly half
 * of all. What it made of the last texts is kept, some megabytes, since candidates of a text come in batches.
 */
import type { Result, RunOptions, Tensor, TensorType } from '../../ops/index.ts';
import { DecodingPlans, type DecodingSizes } from '../decoding-plans.ts';
import type { TransformerOptions } from '../transformer/options.ts';
import { createCaches, disposeCaches, type BartCaches } from './caches.ts';
import { countTokens } from './prepare-text.ts';
import {
  firstInputs,
  firstLogits,
  nextInputs,
  nextLogits,
  readTexts,
  textInputs,
  type BartNet,
  type FirstInputs,
  type NextTokens,
  type TextKeys,
  type Texts,
} from './sequence.ts';

type InputName = keyof NextTokens;

/** Texts are cut behind the longest, at a multiple of so many tokens: texts of nearly one length share programs. */
const TEXT_STEP = 4;

/** What the decoder looks at of the texts that were read last, for all decodings of a net. */
export class LastTexts {
  private last: { readonly text: Int32Array; readonly keys: Result<TextKeys> } | undefined;

  /** Of these texts, read now unless they were the last. */
  async keysOf(text: Int32Array, read: () => Promise<Result<TextKeys>>): Promise<Result<TextKeys>> {
    const { last } = this;
    if (last?.text.length === text.length && last.text.every((token, at) => token === text[at])) return last.keys;
    const own = text.slice();
    const keys = await read();
    this.last = { text: own, keys };
    return keys;
  }
}

export class BartPlans extends DecodingPlans<InputName> {
  private readonly net: BartNet;
  private readonly last: LastTexts;
  readonly caches: BartCaches;
  /** Tokens of each text before its pads, of the texts that were read last. */
  private counts = new Int32Array();

  constructor(net: BartNet, last: LastTexts, options: TransformerOptions, sizes: DecodingSizes) {
    super(options, sizes, net.decoder.grid[1]);
    this.net = net;
    this.last = last;
    const { sequences, batch } = sizes;
    this.caches = createCaches(net.decoder, { batch, texts: sequences, length: net.encoder.text_length });
  }

  /** The texts and the token to start with: [S, T] → logits of the first image token [S, V]. */
  async readTexts(text: Int32Array, options?: RunOptions): Promise<Result<Tensor>> {
    const { net, sequences } = this;
    const { text_length } = net.encoder;
    const counts = countTokens(text, net.encoder);
    const length = Math.min(text_length, TEXT_STEP * Math.ceil(Math.max(...counts) / TEXT_STEP));
    this.counts = counts;
    const cut = text.filter((_, at) => at % text_length < length);
    const keys = await this.last.keysOf(text, () => this.encode({ text: cut, counts }, length, options));
    const trace = (inputs: FirstInputs): Tensor => firstLogits(net, inputs, this);
    const plan = this.keep('first', String(length), trace, firstInputs(net, sequences, length));
    return plan.run({ ...keys, counts, position: [0] }, options);
  }

  protected nextInputs(sequences: number, count: number): Readonly<Record<InputName, TensorType>> {
    return nextInputs(sequences, count, this.sequences);
  }

  protected nextLogits(inputs: NextTokens): Tensor {
    return nextLogits(this.net, inputs, this);
  }

  /** The token to start with is at the first position. */
  protected nextNumbers(
    tokens: Int32Array,
    before: number,
  ): { tokens: Int32Array; counts: Int32Array; position: number[] } {
    return { tokens, counts: this.counts, position: [1 + before] };
  }

  protected disposeCaches(): void {
    disposeCaches(this.caches);
  }

  /** What the decoder looks at of texts [S, `length`]. */
  private async encode(
    texts: Record<keyof Texts, Int32Array>,
    length: number,
    options?: RunOptions,
  ): Promise<Result<TextKeys>> {
    const plan = this.compile((inputs: Texts) => readTexts(this.net, inputs), textInputs(this.sequences, length));
    try {
      return await plan.run(texts, options);
    } finally {
      plan.dispose();
    }
  }
}
