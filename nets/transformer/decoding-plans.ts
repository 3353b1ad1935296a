/**
 * The plans of a decoding of one size, and the caches they share. Each is compiled when it is first run: a drawing that
 * is not greedy needs no greedy step, and only a completion reads rows of the image.
 */
import { compile } from '../../ops/index.ts';
import type { Compiled, Result, RunOptions, Tensor, Traced } from '../../ops/index.ts';
import { textPositions, type TransformerArchitecture } from './architecture.ts';
import { pickBest, type BestTokens, type DecodingRuns } from '../decoding.ts';
import { Plans } from '../plans.ts';
import type { WeightTree } from '../weight-tree.ts';
import { createCaches, type LayerCaches } from './caches.ts';
import { nextInputs, nextLogits } from './sequence.ts';
import type { TransformerOptions } from './options.ts';

interface Inputs {
  readonly tokens: Tensor;
  readonly position: Tensor;
}

export class DecodingPlans implements DecodingRuns {
  readonly sequences: number;
  readonly batch: number;
  private readonly architecture: TransformerArchitecture;
  private readonly tree: WeightTree;
  private readonly options: TransformerOptions;
  private readonly caches: readonly LayerCaches[];
  private readonly plans = new Plans('decoding');

  constructor(
    architecture: TransformerArchitecture,
    tree: WeightTree,
    options: TransformerOptions,
    { sequences, batch }: { readonly sequences: number; readonly batch: number },
  ) {
    this.architecture = architecture;
    this.tree = tree;
    this.options = options;
    this.sequences = sequences;
    this.batch = batch;
    this.caches = createCaches(architecture, batch);
  }

  /** The text, all at once: tokens [S, T] → logits of the first image token [S, V]. */
  get prompt(): Compiled<Tensor> {
    return this.compileOnce('prompt', this.sequences, textPositions(this.architecture), (inputs) =>
      this.follow('text', inputs),
    );
  }

  private get row(): Compiled<Tensor> {
    return this.compileOnce('row', this.sequences, this.architecture.grid[1], (inputs) => this.follow('image', inputs));
  }

  /** One token for each candidate: [B, 1] → logits of the next one [B, V]. */
  get nextToken(): Compiled<Tensor> {
    return this.compileOnce('step', this.batch, 1, (inputs) => this.follow('image', inputs));
  }

  private get greedyStep(): Compiled<BestTokens> {
    return this.compileOnce('greedyStep', this.batch, 1, (inputs) => pickBest(this.follow('image', inputs)));
  }

  readTexts(text: Int32Array, options?: RunOptions): Promise<Result<Tensor>> {
    return this.prompt.run({ tokens: text, position: [0] }, options);
  }

  readRows(tokens: Int32Array, before: number, options?: RunOptions): Promise<Result<Tensor>> {
    return this.runBehind(this.row, tokens, before, options);
  }

  step(tokens: Int32Array, before: number, options?: RunOptions): Promise<Result<Tensor>> {
    return this.runBehind(this.nextToken, tokens, before, options);
  }

  stepGreedy(tokens: Int32Array, before: number, options?: RunOptions): Promise<Result<BestTokens>> {
    return this.runBehind(this.greedyStep, tokens, before, options);
  }

  dispose(): void {
    void this.plans.dispose();
    for (const layer of this.caches) for (const cache of layer.values()) cache.dispose();
  }

  private runBehind<T extends Traced>(
    plan: Compiled<T>,
    tokens: Int32Array,
    before: number,
    options?: RunOptions,
  ): Promise<Result<T>> {
    return plan.run({ tokens, position: [textPositions(this.architecture) + before] }, options);
  }

  private follow(kind: 'text' | 'image', inputs: Inputs): Tensor {
    return nextLogits(this.architecture, this.tree, kind, { ...inputs, caches: this.caches, batch: this.batch });
  }

  private compileOnce<T extends Tensor | BestTokens>(
    name: string,
    sequences: number,
    count: number,
    trace: (inputs: Inputs) => T,
  ): Compiled<T> {
    const { device, ...rewriting } = this.options;
    return this.plans.get(name, '', () => compile(device, trace, nextInputs(sequences, count), rewriting));
  }
}
