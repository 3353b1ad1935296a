/**
 * A decoding under way: a batch of candidates whose tokens so far are in the caches. Each step takes the next token of
 * every candidate and gives the logits of the one after it. Nothing is compiled and no texture made after the first.
 */
import { checkView, describeValue } from '../base/check-argument.ts';
import { ContextError, ShapeError } from '../base/errors.ts';
import { argmax, div, exp, log, max, sub, sum, tensor } from '../ops/index.ts';
import type { Result, RunOptions, Tensor } from '../ops/index.ts';
import { checkFinite, checkTokens } from './checks.ts';
import type { Loan, Plans } from './plans.ts';
import type { GreedyTokens, TokenDecoding, TokenTransformer } from './token-transformer.ts';

/** The best token of each candidate [B], and the logarithm of its probability. */
export type BestTokens = Readonly<Record<'token' | 'logProbability', Tensor>>;

/** The best of logits [B, V], picked on the device. */
export function pickBest(logits: Tensor): BestTokens {
  const highest = max(logits, [1], true);
  const probability = div(tensor([1], [1]), sum(exp(sub(logits, highest)), [1])); // softmax at the highest
  return { token: argmax(logits, 1), logProbability: log(probability) };
}

/** What a net runs for a decoding of one size. Image tokens are given by how many there are before them. */
export interface DecodingRuns {
  /** Texts, and candidates: a multiple of them. */
  readonly sequences: number;
  readonly batch: number;
  /** Texts [S, T] → logits of the first image token [S, V]. */
  readTexts(text: Int32Array, options?: RunOptions): Promise<Result<Tensor>>;
  /** A row of tokens for each text, [S, W] → logits of what follows [S, V]. */
  readRows(tokens: Int32Array, before: number, options?: RunOptions): Promise<Result<Tensor>>;
  /** A token for each candidate, [B] → logits of the next one [B, V]. */
  step(tokens: Int32Array, before: number, options?: RunOptions): Promise<Result<Tensor>>;
  /** The same, and the best of them is picked. */
  stepGreedy(tokens: Int32Array, before: number, options?: RunOptions): Promise<Result<BestTokens>>;
  dispose(): void;
}

/** A batch of candidates that is drawn token by token: what `begin` of a net gives. */
export class Decoding implements TokenDecoding {
  readonly batch: number;
  /** Image tokens given so far. */
  position = 0;
  private readonly net: Pick<TokenTransformer, 'grid' | 'imageVocabulary'>;
  private readonly plans: DecodingRuns;
  private readonly loan: Loan<DecodingRuns>;
  private firstLogits: Float32Array | undefined;

  constructor(net: Pick<TokenTransformer, 'grid' | 'imageVocabulary'>, loan: Loan<DecodingRuns>) {
    this.net = net;
    this.loan = loan;
    this.plans = loan.plan;
    this.batch = loan.plan.batch;
  }

  /** Reads the text, [S, T]: what `begin` does. */
  async read(text: Int32Array, options?: RunOptions): Promise<void> {
    this.firstLogits = this.shareOut('begin', await this.loan.track(this.plans.readTexts(text, options)));
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
    const logits = await this.loan.track(this.plans.step(tokens, position, options));
    this.position++;
    return checkFinite('step', logits as Float32Array);
  }

  /**
   * Gives every candidate the same W tokens, a row of the image's width, at once → logits of the one after them,
   * [B, V]. Much quicker than W steps. @throws as `step`
   */
  async readRow(tokens: Int32Array, options?: RunOptions): Promise<Float32Array> {
    const width = this.net.grid[1];
    const position = this.place(tokens, width, width);
    const { sequences } = this.plans;
    const repeated = Int32Array.from({ length: sequences * width }, (_, at) => tokens[at % width]!);
    const logits = await this.loan.track(this.plans.readRows(repeated, position, options));
    this.position += width;
    return this.shareOut('readRow', logits);
  }

  /** The same, but the best token is picked on the device: one number a candidate is read back, and its logarithm. */
  async stepGreedy(tokens: Int32Array, options?: RunOptions): Promise<GreedyTokens> {
    const position = this.place(tokens, this.batch, 1);
    const best = await this.loan.track(this.plans.stepGreedy(tokens, position, options));
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

  /** The image tokens before the next `count`, once everything about them is right. */
  private place(tokens: Int32Array, wanted: number, count: number): number {
    if (this.loan.isOver) throw new ContextError('E_DISPOSED', 'step: this decoding was disposed. Begin another one.');
    const last = this.net.grid[0] * this.net.grid[1] - 1;
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
    checkTokens('step', tokens, this.net.imageVocabulary);
    return this.position;
  }
}

/** What a decoding begins with: S texts, and a multiple of candidates. */
interface Beginning {
  readonly text: Int32Array;
  readonly sequences: number;
  readonly batch: number;
  readonly options: RunOptions | undefined;
}

/**
 * Reads texts and makes ready to draw candidates, by the runs of the last decoding of that size or by new ones.
 * @throws ShapeError `E_SHAPE` for a batch that is no multiple of the texts; as a run
 */
export async function beginDecoding(
  net: Pick<TokenTransformer, 'grid' | 'imageVocabulary'>,
  plans: Plans,
  { text, sequences, batch, options }: Beginning,
  make: () => DecodingRuns,
): Promise<Decoding> {
  if (!Number.isSafeInteger(batch) || batch < 1 || batch % sequences !== 0) {
    throw new ShapeError(
      'E_SHAPE',
      `begin: batch must be a multiple of the ${sequences} texts, got ${describeValue(batch)}.`,
    );
  }
  const decoding = new Decoding(net, plans.lend('decoding', `${sequences}, ${batch}`, make));
  try {
    await decoding.read(text, options);
  } catch (error) {
    decoding.dispose();
    throw error;
  }
  return decoding;
}
