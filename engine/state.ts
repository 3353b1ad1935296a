/**
 * A State is a tensor that outlives a run: its device keeps its numbers from one run to the next, and every plan that
 * names the same State shares them. It changes in one of two ways. An op that redraws rows of it (Op.redraws) does so
 * in place, without a copy: so a cache of keys and values grows by a row a step. Or it is assigned all its numbers anew
 * (Op.assigns) when a run ends: so a weight is trained, and a run that is stopped has changed nothing.
 *
 * Rows of a state that nothing has drawn yet hold anything, unless it was given initial numbers: an op that reads one
 * must know how far it goes.
 */
import { checkFunction, checkObject, checkText } from '../base/check-argument.ts';
import { ShapeError } from '../base/errors.ts';
import type { NumericArray, Op } from './op.ts';
import { checkType, formatShape, sizeOf } from './shape.ts';
import type { TensorType } from './shape.ts';
import { apply } from './tensor.ts';
import type { Tensor } from './tensor.ts';

/** What a state begins with. */
export interface StateOptions {
  /** Row-major numbers; asked for again where another device, or a new beginning, needs them [anything]. */
  readonly initial?: () => NumericArray | Promise<NumericArray>;
}

/** A tensor that outlives a run, see the head of this file. */
export class State {
  readonly label: string;
  readonly type: TensorType;
  readonly initial: StateOptions['initial'];
  /** The handle for graphs. */
  readonly tensor: Tensor;
  /** The device's memory that it lies in. */
  private home: Pick<StateStore<unknown>, 'forget'> | undefined;
  private changes = 0;

  /** Any type. What redraws rows of it wants [1, 4, rows, width], where a row has `width` texels. */
  constructor(label: string, type: TensorType, options: StateOptions = {}) {
    checkText('State', 'label', label);
    checkType('State', type);
    checkObject('State', 'options', options);
    if (options.initial !== undefined) checkFunction('State', 'initial', options.initial);
    this.label = label;
    this.type = type;
    this.initial = options.initial;
    this.tensor = apply(stateOp, [], { state: this });
  }

  /** How often its numbers have changed: what was derived of them tells by it whether it still holds. */
  get version(): number {
    return this.changes;
  }

  /** Notes that its numbers have changed: whatever redraws it says so when it is done. */
  noteChange(): void {
    this.changes++;
  }

  /** A state lives on one device: what another kept of it is freed. */
  moveTo(store: Pick<StateStore<unknown>, 'forget'>): void {
    if (this.home !== store) this.dispose();
    this.home = store;
  }

  /** Frees its memory. Used again, it begins anew. */
  dispose(): void {
    this.home?.forget(this);
    this.home = undefined;
    this.noteChange();
  }
}

/** What a run holds of a state until it ends, though the state may be assigned other numbers meanwhile. */
export interface HeldState<Kept> {
  readonly kept: Kept;
  runs: number;
}

/** What a device keeps of states: a texture of each, or an array. */
export class StateStore<Kept> {
  private readonly entries = new WeakMap<State, HeldState<Kept>>();
  private readonly release: (kept: Kept) => void;

  constructor(release: (kept: Kept) => void) {
    this.release = release;
  }

  /** What is kept of a state; made when it is first asked for. */
  of(state: State, make: () => Kept): Kept {
    return this.entryOf(state, make).kept;
  }

  /** The same, for as long as a run lasts. Each call wants a `letGo`. */
  hold(state: State, make: () => Kept): HeldState<Kept> {
    const entry = this.entryOf(state, make);
    entry.runs++;
    return entry;
  }

  letGo(state: State, held: HeldState<Kept>): void {
    held.runs--;
    if (held.runs === 0 && this.entries.get(state) !== held) this.release(held.kept);
  }

  /** Makes what is not here of states that begin with numbers. */
  async begin(
    states: readonly State[],
    make: (state: State, numbers: NumericArray) => Kept | Promise<Kept>,
  ): Promise<void> {
    for (const state of states) {
      if (!state.initial || this.has(state)) continue;
      const kept = await make(state, checkInitial(state, await state.initial()));
      if (this.has(state))
        this.release(kept); // another run was quicker
      else this.of(state, () => kept);
    }
  }

  /** Keeps something else of a state. */
  replace(state: State, kept: Kept): void {
    state.moveTo(this);
    this.drop(state);
    this.entries.set(state, { kept, runs: 0 });
    state.noteChange();
  }

  forget(state: State): void {
    this.drop(state);
    this.entries.delete(state);
  }

  private has(state: State): boolean {
    return this.entries.has(state);
  }

  private entryOf(state: State, make: () => Kept): HeldState<Kept> {
    state.moveTo(this);
    const entry = this.entries.get(state) ?? { kept: make(), runs: 0 };
    this.entries.set(state, entry);
    return entry;
  }

  /** What a run holds, it releases itself. */
  private drop(state: State): void {
    const entry = this.entries.get(state);
    if (entry?.runs === 0) this.release(entry.kept);
  }
}

function checkInitial({ label, type }: State, numbers: NumericArray): NumericArray {
  if (numbers.length === sizeOf(type.shape)) return numbers;
  throw new ShapeError(
    'E_SHAPE',
    `State ${label}: shape ${formatShape(type.shape)} begins with ${sizeOf(type.shape)} numbers, got ${numbers.length}.`,
  );
}

interface StateAttributes {
  readonly state: State;
}

/** What makes `state.tensor`. */
export const stateOp: Op<StateAttributes> = {
  name: 'state',
  infer: (_inputs, { state }) => state.type,
  reference() {
    throw new Error('states are kept, not computed');
  },
  describe: ({ state }) => state.label,
};

/** The state that a tensor is the handle of, or assigns. */
export function stateOf({ op, inputs, attributes }: Tensor): State {
  return ((op.assigns ? inputs[0]!.attributes : attributes) as StateAttributes).state;
}
