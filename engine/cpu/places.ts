/**
 * Where every value of a plan lies: how it is stored, how many bytes it takes, and for those that live within a run an
 * offset, such that values share memory whose lives do not meet.
 */
import type { Plan, Step, Value, ValueIndex } from '../plan.ts';
import { sizeOf } from '../shape.ts';
import type { TensorType } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { Arena } from './arena.ts';
import type { Storage } from './kernel.ts';

/** A value of the plan and how it is stored. */
export interface Place extends Value {
  readonly storage: Storage;
  readonly bytes: number;
  /** Bytes from the start of a run's memory, of inputs and what steps make. */
  readonly offset: number | undefined;
}

export interface Places {
  readonly places: readonly Place[];
  /** For every step, where its shared memory lies, from the start of a run's memory. */
  readonly shared: readonly number[];
  /** Bytes of a run's memory. */
  readonly peakBytes: number;
}

/** @param outlivesRuns whether the plan makes what other plans keep: then all its halves are stored as such */
export function placeValues(plan: Plan, outlivesRuns = false): Places {
  const stored = plan.values.map((value) => ({ ...value, ...storageOf(value, outlivesRuns) }));
  const arena = new Arena(0, Infinity);
  const offsets = new Map<ValueIndex, number>();
  const users = new Map<number, number>(); // of a part of memory: the values that lie there
  const take = (index: ValueIndex, offset: number): void => {
    offsets.set(index, offset);
    users.set(offset, (users.get(offset) ?? 0) + 1);
  };
  const letGo = (index: ValueIndex): void => {
    const offset = offsets.get(index)!;
    users.set(offset, users.get(offset)! - 1);
    if (users.get(offset) === 0) arena.free(offset);
  };
  stored.forEach(({ kind, bytes }, index) => {
    if (kind === 'input') take(index, arena.allocate(bytes));
  });
  const shared = plan.steps.map((step) => {
    const { kind, bytes } = stored[step.output]!;
    if (kind === 'made') {
      const source = offsets.get(step.inputs[0] ?? -1);
      take(step.output, isAlias(step, stored) ? source! : arena.allocate(bytes));
    }
    const sharedBytes = step.op.kernels?.cpu?.sharedBytes?.(typedCall(step.tensor)) ?? 0;
    const address = sharedBytes > 0 ? arena.allocate(sharedBytes) : 0;
    if (sharedBytes > 0) arena.free(address);
    step.dying.forEach(letGo);
    return address;
  });
  const places = stored.map((value, index) => ({ ...value, offset: offsets.get(index) }));
  return { places, shared, peakBytes: arena.peak };
}

/** Whether a step's result is its first input seen otherwise. Of what outlives a run there is always a copy. */
export function isAlias({ op, inputs, output }: Step, values: readonly (Value & { storage: Storage })[]): boolean {
  const source = values[inputs[0] ?? -1];
  const sameStorage = source?.storage === 'rows' && values[output]!.storage === 'rows';
  return op.kernels?.cpu?.alias === true && sameStorage && (source.kind === 'made' || source.kind === 'input');
}

/** Halves that outlive runs stay halves; what steps make is rounded, and kept as floats. */
function storageOf({ tensor, kind }: Value, outlivesRuns: boolean): Pick<Place, 'storage' | 'bytes'> {
  const packed = tensor.op.kernels?.cpu?.packedBytes?.(typedCall(tensor));
  if (packed !== undefined) return { storage: 'packed', bytes: packed };
  const size = sizeOf(tensor.shape);
  if ((outlivesRuns || kind === 'constant' || kind === 'derived') && tensor.dtype === 'f16')
    return { storage: 'halves', bytes: 2 * size };
  return { storage: 'rows', bytes: 4 * size };
}

function typedCall(tensor: Tensor): { attributes: unknown; inputs: readonly Tensor[]; output: { type: TensorType } } {
  return { attributes: tensor.attributes, inputs: tensor.inputs, output: tensor };
}
