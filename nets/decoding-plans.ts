/**
 * The plans of a decoding of one size: what nets that draw token by token have in common. Each is compiled when it is
 * first run: a drawing that is not greedy needs no greedy step, and only a completion reads rows of the image.
 */
import { compile } from '../ops/index.ts';
import type { Compiled, Device, Result, RewriteOptions, RunOptions, Tensor, TensorType, Traced } from '../ops/index.ts';
import { pickBest, type BestTokens, type DecodingRuns } from './decoding.ts';
import { Plans } from './plans.ts';

/** How many there are: texts, and candidates, a multiple of them. */
export interface DecodingSizes {
  readonly sequences: number;
  readonly batch: number;
}

type Numbers = Float32Array | Int32Array | readonly number[];

/** Of plans, each with its inputs by name. `Name` are those of the next tokens. */
export abstract class DecodingPlans<Name extends string> implements DecodingRuns {
  readonly sequences: number;
  readonly batch: number;
  private readonly options: RewriteOptions & { readonly device: Device };
  private readonly columns: number;
  private readonly plans = new Plans('decoding');

  /** @param columns tokens in a row of the image */
  constructor(
    options: RewriteOptions & { readonly device: Device },
    { sequences, batch }: DecodingSizes,
    columns: number,
  ) {
    this.options = options;
    this.sequences = sequences;
    this.batch = batch;
    this.columns = columns;
  }

  abstract readTexts(text: Int32Array, options?: RunOptions): Promise<Result<Tensor>>;

  /** Shapes of the inputs of a plan for the next `count` tokens of each sequence. */
  protected abstract nextInputs(sequences: number, count: number): Readonly<Record<Name, TensorType>>;

  /** Logits of what follows the last of those tokens, [S, V]. */
  protected abstract nextLogits(inputs: Readonly<Record<Name, Tensor>>): Tensor;

  /** What such a plan is run on: image tokens, of which there are some before. */
  protected abstract nextNumbers(tokens: Int32Array, before: number): Readonly<Record<Name, Numbers>>;

  protected abstract disposeCaches(): void;

  /** One token for each candidate: [B, 1] → logits of the next one [B, V]. */
  get nextToken(): Compiled<Tensor> {
    return this.compileNext('step', this.batch, 1, (inputs) => this.nextLogits(inputs));
  }

  readRows(tokens: Int32Array, before: number, options?: RunOptions): Promise<Result<Tensor>> {
    const plan = this.compileNext('row', this.sequences, this.columns, (inputs) => this.nextLogits(inputs));
    return plan.run(this.nextNumbers(tokens, before), options);
  }

  step(tokens: Int32Array, before: number, options?: RunOptions): Promise<Result<Tensor>> {
    return this.nextToken.run(this.nextNumbers(tokens, before), options);
  }

  stepGreedy(tokens: Int32Array, before: number, options?: RunOptions): Promise<Result<BestTokens>> {
    const plan = this.compileNext('greedyStep', this.batch, 1, (inputs) => pickBest(this.nextLogits(inputs)));
    return plan.run(this.nextNumbers(tokens, before), options);
  }

  dispose(): void {
    void this.plans.dispose();
    this.disposeCaches();
  }

  /** A plan that is kept for the next run, until one of another key takes its place. */
  protected keep<I extends string, T extends Traced>(
    name: string,
    key: string,
    trace: (inputs: Readonly<Record<I, Tensor>>) => T,
    inputs: Readonly<Record<I, TensorType>>,
  ): Compiled<T> {
    return this.plans.get(name, key, () => this.compile(trace, inputs));
  }

  protected compile<I extends string, T extends Traced>(
    trace: (inputs: Readonly<Record<I, Tensor>>) => T,
    inputs: Readonly<Record<I, TensorType>>,
  ): Compiled<T> {
    const { device, ...rewriting } = this.options;
    return compile(device, trace, inputs, rewriting);
  }

  private compileNext<T extends Traced>(
    name: string,
    sequences: number,
    count: number,
    trace: (inputs: Readonly<Record<Name, Tensor>>) => T,
  ): Compiled<T> {
    return this.keep(name, '', trace, this.nextInputs(sequences, count));
  }
}
