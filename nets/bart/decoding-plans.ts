/**
 * The plans of a BART decoding of one size, and the caches they share. Each is compiled when it is first run: a drawing
 * that is not greedy needs no greedy step, and only a completion reads rows of the image.
 */
import { compile } from '../../ops/index.ts';
import type { Compiled, Result, RunOptions, Tensor, Traced } from '../../ops/index.ts';
import { pickBest, type BestTokens, type DecodingRuns } from '../decoding.ts';
import { Plans } from '../plans.ts';
import type { TransformerOptions } from '../transformer/options.ts';
import { createCaches, disposeCaches, type BartCaches } from './caches.ts';
import { countTokens } from './prepare-text.ts';
import { firstLogits, nextInputs, nextLogits, textInputs, type BartNet, type NextTokens } from './sequence.ts';

export class BartDecodingPlans implements DecodingRuns {
  readonly sequences: number;
  readonly batch: number;
  private readonly net: BartNet;
  private readonly options: TransformerOptions;
  readonly caches: BartCaches;
  private readonly plans = new Plans('decoding');
  /** Tokens of each text before its pads, of the texts that were read last. */
  private counts = new Int32Array();

  constructor(
    net: BartNet,
    options: TransformerOptions,
    { sequences, batch }: { readonly sequences: number; readonly batch: number },
  ) {
    this.net = net;
    this.options = options;
    this.sequences = sequences;
    this.batch = batch;
    this.caches = createCaches(net.decoder, { batch, texts: sequences, length: net.encoder.text_length });
  }

  /** The texts and the token to start with: [S, T] → logits of the first image token [S, V]. */
  get prompt(): Compiled<Tensor> {
    const { device, ...rewriting } = this.options;
    const trace = ({ position, ...texts }: Readonly<Record<'text' | 'counts' | 'position', Tensor>>): Tensor =>
      firstLogits(this.net, texts, position, this);
    return this.plans.get('prompt', '', () => compile(device, trace, textInputs(this.net, this.sequences), rewriting));
  }

  /** One token for each candidate: [B, 1] → logits of the next one [B, V]. */
  get nextToken(): Compiled<Tensor> {
    return this.compileOnce('step', this.batch, 1, (next) => nextLogits(this.net, next, this));
  }

  readTexts(text: Int32Array, options?: RunOptions): Promise<Result<Tensor>> {
    this.counts = countTokens(text, this.net.encoder);
    return this.prompt.run({ text, counts: this.counts, position: [0] }, options);
  }

  readRows(tokens: Int32Array, before: number, options?: RunOptions): Promise<Result<Tensor>> {
    const columns = this.net.decoder.grid[1];
    const plan = this.compileOnce('row', this.sequences, columns, (next) => nextLogits(this.net, next, this));
    return this.runBehind(plan, tokens, before, options);
  }

  step(tokens: Int32Array, before: number, options?: RunOptions): Promise<Result<Tensor>> {
    return this.runBehind(this.nextToken, tokens, before, options);
  }

  stepGreedy(tokens: Int32Array, before: number, options?: RunOptions): Promise<Result<BestTokens>> {
    const plan = this.compileOnce('greedyStep', this.batch, 1, (next) => pickBest(nextLogits(this.net, next, this)));
    return this.runBehind(plan, tokens, before, options);
  }

  dispose(): void {
    void this.plans.dispose();
    disposeCaches(this.caches);
  }

  /** The token to start with is at the first position. */
  private runBehind<T extends Traced>(
    plan: Compiled<T>,
    tokens: Int32Array,
    before: number,
    options?: RunOptions,
  ): Promise<Result<T>> {
    return plan.run({ tokens, counts: this.counts, position: [1 + before] }, options);
  }

  private compileOnce<T extends Tensor | BestTokens>(
    name: string,
    sequences: number,
    count: number,
    trace: (next: NextTokens) => T,
  ): Compiled<T> {
    const { device, ...rewriting } = this.options;
    const inputs = nextInputs(sequences, count, this.sequences);
    return this.plans.get(name, '', () => compile(device, trace, inputs, rewriting));
  }
}
