/**
 * A plan: what is computed in which order, from what, and when nobody needs a value any more. It knows nothing of
 * textures, memory or threads: a device (device.ts) makes of it something that runs.
 */
import { isDerived, listStates, shareDeriving } from './derive.ts';
import { countUses, sortTopologically } from './graph.ts';
import { dropTransparent } from './mark.ts';
import type { Op } from './op.ts';
import { rewrite } from './rewrite.ts';
import type { Rule } from './rewrite.ts';
import type { DType } from './shape.ts';
import { stateOf, stateOp } from './state.ts';
import type { State } from './state.ts';
import { checkTensors, constantOp, isOf, placeholderOp } from './tensor.ts';
import type { Tensor } from './tensor.ts';

/** A value of the plan, by position in `Plan.values`. */
export type ValueIndex = number;

/** A value of a schedule. */
export interface Value {
  readonly tensor: Tensor;
  /**
   * Constants and inputs come from outside, states from earlier runs. A derived value is made of constants and states
   * alone (derive.ts), by its device and before the steps. What a state is assigned is what it becomes when the run
   * ends: no step reads it. The rest is made by a step.
   */
  readonly kind: 'constant' | 'input' | 'state' | 'derived' | 'made' | 'assigned';
}

/** One op of a schedule. */
export interface Step {
  readonly op: Op;
  readonly tensor: Tensor;
  /** What the op reads: all inputs of the tensor, but for the state that it redraws or assigns. */
  readonly inputs: readonly ValueIndex[];
  /** What it makes, or the state that it redraws. */
  readonly output: ValueIndex;
  /** Values nobody reads after this step. */
  readonly dying: readonly ValueIndex[];
}

/** A schedule: what is computed in which order, from what. */
export interface Plan {
  readonly values: readonly Value[];
  /** Those that assign states come last. */
  readonly steps: readonly Step[];
  readonly outputs: readonly ValueIndex[];
  /** How often each rewrite rule fitted. */
  readonly applied: ReadonlyMap<string, number>;
}

/**
 * Rewrites the graph, sets apart what depends on constants and states only, and plans the rest.
 * @param effects computed too, such as what states are assigned, but nobody reads them
 */
export function makePlan(outputs: readonly Tensor[], rules: readonly Rule[], effects: readonly Tensor[] = []): Plan {
  const rewritten = rewrite(dropTransparent(joinRoots(outputs, effects)), rules);
  const roots = shareDeriving(rewritten.outputs);
  const assigned = new Set(sortTopologically(roots).flatMap((tensor) => listAssigned(tensor)));
  // What is derived of a state that this plan assigns would be made anew for every run: it is a step like others.
  const isApart = (tensor: Tensor): boolean =>
    tensor.op.derives === true && isDerived(tensor) && !listStates(tensor).some((state) => assigned.has(state));
  return { ...planGraph(roots, outputs.length, isApart), applied: rewritten.applied };
}

/** The plan of a graph as it is: nothing is rewritten, and every op is a step. */
export function planAsWritten(outputs: readonly Tensor[], effects: readonly Tensor[] = []): Plan {
  return planGraph(dropTransparent(joinRoots(outputs, effects)), outputs.length, () => false);
}

function joinRoots(outputs: readonly Tensor[], effects: readonly Tensor[]): Tensor[] {
  checkTensors('plan', 'outputs', outputs);
  checkTensors('plan', 'effects', effects);
  return [...outputs, ...effects];
}

/** @param read how many of the roots are read back, the first ones */
function planGraph(roots: readonly Tensor[], read: number, isApart: (tensor: Tensor) => boolean): Plan {
  const all = sortTopologically(roots);
  checkStates(all, roots);
  const order = dropUnread(all, roots, isApart);
  const values: Value[] = [];
  const indices = new Map<Tensor, ValueIndex>();
  const drafts: Omit<Step, 'dying'>[] = [];
  const indicesOf = (tensors: readonly Tensor[]): ValueIndex[] => tensors.map((tensor) => indices.get(tensor)!);
  const addValue = (tensor: Tensor, kind: Value['kind']): ValueIndex => values.push({ tensor, kind }) - 1;
  for (const tensor of order) {
    const { op, inputs } = tensor;
    const kind = kindOfSource(tensor) ?? (isApart(tensor) ? 'derived' : 'made');
    if (op.assigns) {
      indices.set(tensor, indices.get(inputs[1]!)!); // whoever reads it reads the numbers that are assigned
      continue;
    }
    const output = op.redraws ? indices.get(inputs[0]!)! : addValue(tensor, kind);
    indices.set(tensor, output);
    if (kind !== 'made') continue;
    drafts.push({ op, tensor, inputs: indicesOf(op.redraws ? inputs.slice(1) : inputs), output });
  }
  for (const tensor of order) {
    const { op, inputs } = tensor;
    if (op.assigns) drafts.push({ op, tensor, inputs: indicesOf([inputs[1]!]), output: addValue(tensor, 'assigned') });
  }
  const outputs = indicesOf(roots.slice(0, read));
  return { values, steps: markDeaths(drafts, values, new Set(outputs)), outputs, applied: new Map() };
}

function listAssigned(tensor: Tensor): State[] {
  return tensor.op.assigns ? [stateOf(tensor)] : [];
}

/** Leaves out what only values set apart are made of. */
function dropUnread(
  order: readonly Tensor[],
  outputs: readonly Tensor[],
  isApart: (tensor: Tensor) => boolean,
): Tensor[] {
  const wanted = new Set(outputs);
  for (const tensor of order.toReversed()) {
    if (!wanted.has(tensor) || isApart(tensor)) continue;
    for (const input of tensor.op.assigns ? tensor.inputs.slice(1) : tensor.inputs) wanted.add(input);
  }
  return order.filter((tensor) => wanted.has(tensor));
}

/**
 * A state that is redrawn has one version only: nothing may read, or return, what it was before. One that is assigned
 * is so once.
 */
function checkStates(order: readonly Tensor[], roots: readonly Tensor[]): void {
  const uses = countUses(order, roots);
  const assigned = new Set<State>();
  for (const tensor of order) {
    const { op, inputs } = tensor;
    for (const state of listAssigned(tensor)) {
      if (assigned.has(state)) throw new Error(`plan: the state ${state.label} is assigned twice`);
      assigned.add(state);
    }
    if (!op.redraws) continue;
    const [state] = inputs as [Tensor];
    if (isOf(state, stateOp) && uses.get(state) === 1) continue;
    throw new Error(`plan: ${op.name} redraws ${state.toString()}, which is no state or is read elsewhere too`);
  }
}

/** Of what no op makes. */
function kindOfSource(tensor: Tensor): Value['kind'] | undefined {
  if (isOf(tensor, constantOp)) return 'constant';
  if (isOf(tensor, stateOp)) return 'state';
  return isOf(tensor, placeholderOp) ? 'input' : undefined;
}

function markDeaths(
  drafts: readonly Omit<Step, 'dying'>[],
  values: readonly Value[],
  kept: ReadonlySet<ValueIndex>,
): Step[] {
  const lastReader = new Map<ValueIndex, number>();
  drafts.forEach((step, index) => step.inputs.forEach((value) => lastReader.set(value, index)));
  return drafts.map((step, index) => {
    const dying = step.inputs.filter((value) => {
      const { kind } = values[value]!;
      return (kind === 'made' || kind === 'input') && lastReader.get(value) === index && !kept.has(value);
    });
    return { ...step, dying: [...new Set(dying)] };
  });
}

/** All states that a plan reads or assigns, or derives of. */
export function listPlanStates(values: readonly Value[]): State[] {
  const states = values.flatMap(({ tensor, kind }) => {
    if (kind === 'derived') return listStates(tensor);
    return kind === 'state' || kind === 'assigned' ? [stateOf(tensor)] : [];
  });
  return [...new Set(states)];
}

/** The names that the op gives what it reads; where it gives none, a, b, c, … */
export function nameOperands({ op, tensor, inputs }: Step): readonly string[] {
  const names = typeof op.operands === 'function' ? op.operands(tensor.attributes) : (op.operands ?? []);
  return inputs.map((_, position) => names[position] ?? String.fromCharCode('a'.charCodeAt(0) + position));
}

export function arrayFor(dtype: DType, size: number): Float32Array | Int32Array {
  return dtype === 'i32' ? new Int32Array(size) : new Float32Array(size);
}
