/**
 * A State is a tensor that outlives a run: its device keeps its numbers from one run to the next, and every plan that
 * names the same State shares them. An op that redraws rows of it, or all, (Op.redraws) does so in place, without a
 * copy: so a cache of keys and values grows by a row a step, and a weight may change.
 *
 * Rows of a state that nothing has drawn yet hold anything: an op that reads one must know how far it goes.
 */
import { checkText } from '../base/check-argument.ts';
import type { Op } from './op.ts';
import { checkType } from './shape.ts';
import type { TensorType } from './shape.ts';
import { apply } from './tensor.ts';
import type { Tensor } from './tensor.ts';

/** A tensor that outlives a run, see the head of this file. */
export class State {
  readonly label: string;
  readonly type: TensorType;
  /** The handle for graphs. */
  readonly tensor: Tensor;
  /** The device's memory that it lies in. */
  private home: Pick<StateStore<unknown>, 'forget'> | undefined;
  private changes = 0;

  /** Any type. What redraws rows of it wants [1, 4, rows, width], where a row has `width` texels. */
  constructor(label: string, type: TensorType) {
    checkText('State', 'label', label);
    checkType('State', type);
    this.label = label;
    this.type = type;
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

/** What a device keeps of states: a texture of each, or an array. */
export class StateStore<Kept> {
  private readonly kept = new WeakMap<State, Kept>();
  private readonly release: (kept: Kept) => void;

  constructor(release: (kept: Kept) => void) {
    this.release = release;
  }

  /** What is kept of a state; made when it is first asked for. */
  of(state: State, make: () => Kept): Kept {
    state.moveTo(this);
    const kept = this.kept.get(state) ?? make();
    this.kept.set(state, kept);
    return kept;
  }

  /** Keeps something else of a state that is here. */
  replace(state: State, kept: Kept): void {
    this.kept.set(state, kept);
    state.noteChange();
  }

  forget(state: State): void {
    const kept = this.kept.get(state);
    if (kept !== undefined) this.release(kept);
    this.kept.delete(state);
  }
}

interface StateAttributes {
  readonly state: State;
}

export const stateOp: Op<StateAttributes> = {
  name: 'state',
  infer: (_inputs, { state }) => state.type,
  reference() {
    throw new Error('states are kept, not computed');
  },
  describe: ({ state }) => state.label,
};
