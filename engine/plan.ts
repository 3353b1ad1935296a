/**
 * A plan: what is computed in which order, from what, and when nobody needs a value any more. It knows nothing of
 * textures, memory or threads: a device (device.ts) makes of it something that runs.
 */
import { isDerived, shareDeriving } from './derive.ts';
import { countUses, sortTopologically } from './graph.ts';
import { dropMarks } from './mark.ts';
import type { Op } from './op.ts';
import { rewrite } from './rewrite.ts';
import type { Rule } from './rewrite.ts';
import type { DType } from './shape.ts';
import { stateOp } from './state.ts';
import { constantOp, isOf, placeholderOp } from './tensor.ts';
import type { Tensor } from './tensor.ts';

/** A value of the plan, by position in `Plan.values`. */
export type ValueIndex = number;

/** A value of a schedule. */
export interface Value {
  readonly tensor: Tensor;
  /**
   * Constants and inputs come from outside, states from earlier runs. A derived value is made of constants and states
   * alone (derive.ts), by its device and before the steps. The rest is made by a step.
   */
  readonly kind: 'constant' | 'input' | 'state' | 'derived' | 'made';
}

/** One op of a schedule. */
export interface Step {
  readonly op: Op;
  readonly tensor: Tensor;
  /** What the op reads: all inputs of the tensor, but for the state that it redraws. */
  readonly inputs: readonly ValueIndex[];
  /** What it makes, or the state that it redraws. */
  readonly output: ValueIndex;
  /** Values nobody reads after this step. */
  readonly dying: readonly ValueIndex[];
}

/** A schedule: what is computed in which order, from what. */
export interface Plan {
  readonly values: readonly Value[];
  readonly steps: readonly Step[];
  readonly outputs: readonly ValueIndex[];
  /** How often each rewrite rule fitted. */
  readonly applied: ReadonlyMap<string, number>;
}

/** Rewrites the graph, sets apart what depends on constants and states only, and plans the rest. */
export function makePlan(outputs: readonly Tensor[], rules: readonly Rule[]): Plan {
  const rewritten = rewrite(dropMarks(outputs), rules);
  const isApart = (tensor: Tensor): boolean => tensor.op.derives === true && isDerived(tensor);
  return { ...planGraph(shareDeriving(rewritten.outputs), isApart), applied: rewritten.applied };
}

/** The plan of a graph as it is: nothing is rewritten, and every op is a step. */
export function planAsWritten(outputs: readonly Tensor[]): Plan {
  return planGraph(dropMarks(outputs), () => false);
}

function planGraph(outputs: readonly Tensor[], isApart: (tensor: Tensor) => boolean): Plan {
  const all = sortTopologically(outputs);
  checkStates(all, outputs);
  const order = dropUnread(all, outputs, isApart);
  const kindOf = (tensor: Tensor): Value['kind'] => kindOfSource(tensor) ?? (isApart(tensor) ? 'derived' : 'made');
  const values: Value[] = [];
  const indices = new Map<Tensor, ValueIndex>();
  const drafts: Omit<Step, 'dying'>[] = [];
  for (const tensor of order) {
    const { op, inputs } = tensor;
    const output = op.redraws ? indices.get(inputs[0]!)! : values.length;
    indices.set(tensor, output);
    if (output === values.length) values.push({ tensor, kind: kindOf(tensor) });
    if (kindOf(tensor) !== 'made') continue;
    const read = op.redraws ? inputs.slice(1) : inputs;
    drafts.push({ op, tensor, inputs: read.map((input) => indices.get(input)!), output });
  }
  const results = outputs.map((output) => indices.get(output)!);
  return { values, steps: markDeaths(drafts, values, new Set(results)), outputs: results, applied: new Map() };
}

/** Leaves out what only values set apart are made of. */
function dropUnread(
  order: readonly Tensor[],
  outputs: readonly Tensor[],
  isApart: (tensor: Tensor) => boolean,
): Tensor[] {
  const wanted = new Set(outputs);
  for (const tensor of order.toReversed()) {
    if (wanted.has(tensor) && !isApart(tensor)) for (const input of tensor.inputs) wanted.add(input);
  }
  return order.filter((tensor) => wanted.has(tensor));
}

/** A state that is redrawn has one version only: nothing may read, or return, what it was before. */
function checkStates(order: readonly Tensor[], roots: readonly Tensor[]): void {
  const uses = countUses(order, roots);
  for (const { op, inputs } of order) {
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

/** The names that the op gives what it reads; where it gives none, a, b, c, … */
export function nameOperands({ op, tensor, inputs }: Step): readonly string[] {
  const names = typeof op.operands === 'function' ? op.operands(tensor.attributes) : (op.operands ?? []);
  return inputs.map((_, position) => names[position] ?? String.fromCharCode('a'.charCodeAt(0) + position));
}

export function arrayFor(dtype: DType, size: number): Float32Array | Int32Array {
  return dtype === 'i32' ? new Int32Array(size) : new Float32Array(size);
}
