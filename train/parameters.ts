/**
 * The weights of a training run. All lie in one tensor of rows, each weight from the beginning of a row, and so do the
 * moments of the optimiser and the average: an optimiser is a few ops however many weights there are, and a checkpoint
 * a few tensors. R rows of C columns.
 */
import { argumentError, checkEach, checkFunction } from '../base/check-argument.ts';
import { DalleError } from '../base/errors.ts';
import { State, checkShape, sizeOf, tensor } from '../engine/index.ts';
import type { Shape, Tensor } from '../engine/index.ts';
import { concat } from '../ops/index.ts';
import { countRows, fromRows, toRows } from '../ops/flat-rows/flat-rows.ts';
import type { WeightTree } from '../nets/weight-tree.ts';

/** A weight that is trained. */
export interface ParameterSpec {
  readonly name: string;
  readonly shape: Shape;
  /** Whether weight decay shrinks it: matrices and kernels do, biases, gains and tables of positions do not. */
  readonly decays: boolean;
}

/** What the optimiser keeps of every weight. */
export const TRACKS = ['weights', 'first', 'second', 'average'] as const;
export type Track = (typeof TRACKS)[number];

/** Columns of a row. A bias takes one row at least, so they are few; a texel holds four. */
const COLUMNS = 256;

/** More than eight tensors at once would be copied more often. */
const MOST_JOINED = 8;

/** All weights of a net in one state, with what the optimiser keeps of each. */
export class Parameters {
  readonly specs: readonly ParameterSpec[];
  readonly states: Readonly<Record<Track, State>>;
  /** 1 for rows that decay, else 0 [R, 1]. */
  readonly decays: Tensor;
  readonly rows: number;
  private readonly firstRows: ReadonlyMap<string, number>;
  private readonly tensors: Readonly<Record<Track, ReadonlyMap<string, Tensor>>>;

  /**
   * @param specs in the order in which a step makes their gradients: those of the last layer first
   * @param initial asked for when a device first needs the numbers
   */
  constructor(specs: readonly ParameterSpec[], initial: (track: Track) => Float32Array | Promise<Float32Array>) {
    checkEach('Parameters', 'specs', '{ name, shape, decays }', specs, isSpec);
    for (const { shape } of specs) checkShape('Parameters', shape);
    if (specs.length === 0) throw argumentError('Parameters', 'specs of one weight at least', specs);
    checkFunction('Parameters', 'initial', initial);
    this.specs = specs;
    const firstRows = new Map<string, number>();
    const decays: number[] = [];
    for (const { name, shape, decays: decaying } of specs) {
      if (firstRows.has(name)) throw new DalleError('E_KEYS', `Parameters: there are two weights ${name}.`);
      firstRows.set(name, decays.length);
      decays.push(...new Array<number>(countRows(shape, COLUMNS)).fill(decaying ? 1 : 0));
    }
    this.firstRows = firstRows;
    this.rows = decays.length;
    this.decays = tensor(decays, [this.rows, 1]);
    const type = { shape: [this.rows, COLUMNS], dtype: 'f32' } as const;
    const stateOf = (track: Track): State => new State(`train.${track}`, type, { initial: () => initial(track) });
    this.states = {
      weights: stateOf('weights'),
      first: stateOf('first'),
      second: stateOf('second'),
      average: stateOf('average'),
    };
    const tensorsOf = ({ tensor: rows }: State): Map<string, Tensor> =>
      new Map(specs.map(({ name, shape }) => [name, fromRows(rows, firstRows.get(name)!, shape)]));
    const { weights, first, second, average } = this.states;
    this.tensors = {
      weights: tensorsOf(weights),
      first: tensorsOf(first),
      second: tensorsOf(second),
      average: tensorsOf(average),
    };
  }

  /** The weights, for a net, or their average. Names that are not trained are looked for in `frozen`. */
  tree(frozen?: WeightTree, track: Track = 'weights'): WeightTree {
    const tensors = this.tensors[track];
    return {
      has: (name) => tensors.has(name) || frozen?.has(name) === true,
      get: (name) => tensors.get(name) ?? frozen?.get(name) ?? missing(name),
      handOn: (x) => x,
    };
  }

  /** The weights in the order of `specs`: what gradients are asked by. */
  list(): Tensor[] {
    return [...this.tensors.weights.values()];
  }

  /** Gradients in the order of `specs`, laid as the weights lie: [R, C]. */
  join(gradients: readonly Tensor[]): Tensor {
    let parts = gradients.map((gradient) => toRows(gradient, COLUMNS));
    while (parts.length > 1) {
      const groups = Array.from({ length: Math.ceil(parts.length / MOST_JOINED) }, (_, group) =>
        parts.slice(group * MOST_JOINED, (group + 1) * MOST_JOINED),
      );
      parts = groups.map((group) => (group.length > 1 ? concat(group, 0) : group[0]!));
    }
    return parts[0]!;
  }

  /** Numbers by name, as they lie in rows. */
  lay(numbersOf: ReadonlyMap<string, Float32Array>): Float32Array {
    const rows = new Float32Array(this.rows * COLUMNS);
    for (const { name } of this.specs) rows.set(numbersOf.get(name) ?? missing(name), this.startOf(name));
    return rows;
  }

  /** Numbers by name, of rows as they lie. */
  split(rows: Float32Array): Map<string, Float32Array> {
    return new Map(
      this.specs.map(({ name, shape }) => {
        const start = this.startOf(name);
        return [name, rows.slice(start, start + sizeOf(shape))];
      }),
    );
  }

  /** Frees what its states take on their device. */
  dispose(): void {
    for (const track of TRACKS) this.states[track].dispose();
  }

  private startOf(name: string): number {
    return this.firstRows.get(name)! * COLUMNS;
  }
}

function isSpec(spec: unknown): boolean {
  const { name, decays } = (spec ?? {}) as Partial<ParameterSpec>;
  return typeof name === 'string' && typeof decays === 'boolean';
}

function missing(name: string): never {
  throw new DalleError('E_KEYS', `Parameters: there is no weight ${name}.`);
}
