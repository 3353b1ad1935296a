/**
 * A decoding under way: a batch of candidates whose tokens so far are in the caches. Each step takes the next token of
 * every candidate and gives the logits of the one after it. Nothing is compiled and no texture made after the first.
 */
import { checkView } from '../../base/check-argument.ts';
import { ContextError, ShapeError } from '../../base/errors.ts';
import type { Compiled, Result, RunOptions, Traced } from '../../ops/index.ts';
import { imagePositions, textPositions, type TransformerArchitecture } from './architecture.ts';
import { checkFinite, checkTokens } from '../checks.ts';
import type { Loan } from '../plans.ts';
import type { GreedyTokens, TokenDecoding } from '../token-transformer.ts';
import type { DecodingPlans } from './decoding-plans.ts';

/** A batch of candidates that is drawn token by token: what `Transformer.begin` gives. */
export class Decoding implements TokenDecoding {
  readonly batch: number;
  /** Image tokens given so far. */
  position = 0;
  private readonly architecture: TransformerArchitecture;
  private readonly plans: DecodingPlans;
  private readonly loan: Loan<DecodingPlans>;
  private firstLogits: Float32Array | undefined;

  constructor(architecture: TransformerArchitecture, loan: Loan<DecodingPlans>) {
    this.architecture = architecture;
    this.loan = loan;
    this.plans = loan.plan;
    this.batch = loan.plan.batch;
  }

  /** Reads the text, [S, T]: what `Transformer.begin` does. */
  async read(text: Int32Array, options?: RunOptions): Promise<void> {
    this.firstLogits = this.shareOut('begin', await this.run(this.plans.prompt, text, 0, options));
  }

  /** Logits of the first image token of every candidate, [B, V]. */
  get first(): Float32Array {
    return this.firstLogits!;
  }

  /**
   * Gives each candidate its next token, [B] → logits of the one after it, [B, V].
   * @throws ShapeError `E_TOKEN`, `E_SHAPE` when all positions are taken; ContextError `E_DISPOSED`;
   *   DalleError `E_NOT_FINITE`
   */
  async step(tokens: Int32Array, options?: RunOptions): Promise<Float32Array> {
    const position = this.place(tokens, this.batch, 1);
    const logits = await this.run(this.plans.step, tokens, position, options);
    this.position++;
    return checkFinite('step', logits as Float32Array);
  }

  /**
   * Gives every candidate the same W tokens, a row of the image's width, at once → logits of the one after them,
   * [B, V]. Much quicker than W steps. @throws as `step`
   */
  async readRow(tokens: Int32Array, options?: RunOptions): Promise<Float32Array> {
    const width = this.architecture.grid[1];
    const position = this.place(tokens, width, width);
    const { sequences } = this.plans;
    const repeated = Int32Array.from({ length: sequences * width }, (_, at) => tokens[at % width]!);
    const logits = await this.run(this.plans.row, repeated, position, options);
    this.position += width;
    return this.shareOut('readRow', logits);
  }

  /** The same, but the best token is picked on the device: one number a candidate is read back, and its logarithm. */
  async stepGreedy(tokens: Int32Array, options?: RunOptions): Promise<GreedyTokens> {
    const position = this.place(tokens, this.batch, 1);
    const best = await this.run(this.plans.greedyStep, tokens, position, options);
    this.position++;
    checkFinite('stepGreedy', best.logProbability as Float32Array);
    return { tokens: best.token as Int32Array, logProbability: best.logProbability as Float32Array };
  }

  /** Lets the plans go, for the next decoding, once a step under way is done. */
  dispose(): void {
    this.loan.giveBack();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  private run<T extends Traced>(
    plan: Compiled<T>,
    tokens: Int32Array,
    position: number,
    options?: RunOptions,
  ): Promise<Result<T>> {
    return this.loan.track(plan.run({ tokens, position: [position] }, options));
  }

  /** Logits of each text [S, V] for each of its candidates [B, V]. */
  private shareOut(where: string, logits: ArrayLike<number>): Float32Array {
    const { sequences, batch } = this.plans;
    const given = checkFinite(where, logits as Float32Array);
    const width = given.length / sequences;
    const shared = new Float32Array(batch * width);
    for (let b = 0; b < batch; b++) {
      const from = Math.floor((b * sequences) / batch) * width;
      shared.set(given.subarray(from, from + width), b * width);
    }
    return shared;
  }

  /** The position of the next `count` tokens in the caches, once everything about them is right. */
  private place(tokens: Int32Array, wanted: number, count: number): number {
    if (this.loan.isOver) throw new ContextError('E_DISPOSED', 'step: this decoding was disposed. Begin another one.');
    const last = imagePositions(this.architecture) - 1;
    if (this.position + count > last) {
      throw new ShapeError(
        'E_SHAPE',
        `step: nothing follows the last of ${last + 1} image tokens, and ${count} after ${this.position} would reach it. ` +
          'Begin another decoding.',
      );
    }
    checkView('step', 'tokens', tokens, [Int32Array]);
    if (tokens.length !== wanted) {
      throw new ShapeError(
        'E_SHAPE',
        `step: wanted ${wanted} tokens, one a candidate or position, got ${tokens.length}.`,
      );
    }
    checkTokens('step', tokens, this.architecture.image_vocab);
    return textPositions(this.architecture) + this.position;
  }
}
