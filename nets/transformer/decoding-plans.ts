/** The plans of a transformer's decoding of one size, and the caches they share. */
import type { Compiled, Result, RunOptions, Tensor, TensorType } from '../../ops/index.ts';
import { DecodingPlans, type DecodingSizes } from '../decoding-plans.ts';
import type { WeightTree } from '../weight-tree.ts';
import { textPositions, type TransformerArchitecture } from './architecture.ts';
import { createCaches, type LayerCaches } from './caches.ts';
import type { TransformerOptions } from './options.ts';
import { nextInputs, nextLogits } from './sequence.ts';

type InputName = 'tokens' | 'position';
type Inputs = Readonly<Record<InputName, Tensor>>;

export class TransformerPlans extends DecodingPlans<InputName> {
  private readonly architecture: TransformerArchitecture;
  private readonly tree: WeightTree;
  private readonly caches: readonly LayerCaches[];

  constructor(
    architecture: TransformerArchitecture,
    tree: WeightTree,
    options: TransformerOptions,
    sizes: DecodingSizes,
  ) {
    super(options, sizes, architecture.grid[1]);
    this.architecture = architecture;
    this.tree = tree;
    this.caches = createCaches(architecture, sizes.batch);
  }

  /** The text, all at once: tokens [S, T] → logits of the first image token [S, V]. */
  get prompt(): Compiled<Tensor> {
    const inputs = nextInputs(this.sequences, textPositions(this.architecture));
    return this.keep('prompt', '', (given: Inputs) => this.follow('text', given), inputs);
  }

  readTexts(text: Int32Array, options?: RunOptions): Promise<Result<Tensor>> {
    return this.prompt.run({ tokens: text, position: [0] }, options);
  }

  protected nextInputs(sequences: number, count: number): Readonly<Record<InputName, TensorType>> {
    return nextInputs(sequences, count);
  }

  protected nextLogits(inputs: Inputs): Tensor {
    return this.follow('image', inputs);
  }

  protected nextNumbers(tokens: Int32Array, before: number): { tokens: Int32Array; position: number[] } {
    return { tokens, position: [textPositions(this.architecture) + before] };
  }

  protected disposeCaches(): void {
    for (const layer of this.caches) for (const cache of layer.values()) cache.dispose();
  }

  private follow(kind: 'text' | 'image', inputs: Inputs): Tensor {
    return nextLogits(this.architecture, this.tree, kind, { ...inputs, caches: this.caches, batch: this.batch });
  }
}
