/**
 * Where every value of a plan lies: how it is stored, how many bytes it takes, and for those that live within a run an
 * offset, such that values share memory whose lives do not meet.
 */
import type { Plan, Step, Value, ValueIndex } from '../plan.ts';
import { sizeOf } from '../shape.ts';
import type { TensorType } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { ALIGNMENT } from './arena.ts';
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

/** Memory that one value needs, or several that are the same numbers seen otherwise. */
interface Span {
  readonly bytes: number;
  /** The steps between which it is needed, both included. */
  readonly from: number;
  to: number;
  offset: number;
}

/** @param outlivesRuns whether the plan makes what other plans keep: then all its halves are stored as such */
export function placeValues(plan: Plan, outlivesRuns = false): Places {
  const stored = plan.values.map((value) => ({ ...value, ...storageOf(value, outlivesRuns) }));
  const spans: Span[] = [];
  const need = (bytes: number, from: number, to = Infinity): Span => {
    const span = { bytes: ALIGNMENT * (Math.ceil(bytes / ALIGNMENT) + 1), from, to, offset: 0 };
    spans.push(span);
    return span;
  };
  const users = new Map<Span, number>(); // values that lie there
  const spanOf = new Map<ValueIndex, Span>();
  const take = (index: ValueIndex, span: Span): void => {
    spanOf.set(index, span);
    users.set(span, (users.get(span) ?? 0) + 1);
  };
  stored.forEach(({ kind, bytes }, index) => {
    if (kind === 'input') take(index, need(bytes, -1));
  });
  const shared = plan.steps.map((step, at) => {
    const { kind, bytes } = stored[step.output]!;
    if (kind === 'made') {
      take(step.output, isAlias(step, stored) ? spanOf.get(step.inputs[0]!)! : need(bytes, at));
    }
    for (const index of step.dying) {
      const span = spanOf.get(index)!;
      users.set(span, users.get(span)! - 1);
      if (users.get(span) === 0) span.to = at;
    }
    const sharedBytes = step.op.kernels?.cpu?.sharedBytes?.(typedCall(step.tensor)) ?? 0;
    return sharedBytes > 0 ? need(sharedBytes, at, at) : undefined;
  });
  const peakBytes = layOut(spans);
  const places = stored.map((value, index) => ({ ...value, offset: spanOf.get(index)?.offset }));
  return { places, shared: shared.map((span) => span?.offset ?? 0), peakBytes };
}

/** The largest first, each as low as those let it that are needed at the same time: few gaps stay. Gives their top. */
function layOut(spans: readonly Span[]): number {
  const placed: Span[] = []; // by offset
  for (const span of [...spans].sort((a, b) => b.bytes - a.bytes)) {
    const beside = placed.filter(({ from, to }) => from <= span.to && to >= span.from);
    let low = 0;
    for (const { offset, bytes } of beside) {
      if (offset >= low + span.bytes) break;
      low = Math.max(low, offset + bytes);
    }
    span.offset = low;
    const above = placed.findIndex(({ offset }) => offset > low);
    placed.splice(above < 0 ? placed.length : above, 0, span);
  }
  return placed.reduce((top, { offset, bytes }) => Math.max(top, offset + bytes), 0);
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
