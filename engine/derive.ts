/**
 * Derived values: what ops that only prepare numbers, such as the packing of weights, make of constants and states
 * alone. No run changes them, so a device makes each once, and again only when one of its states has changed. The same
 * op on the same tensors, which tiling makes many times and further plans of a net again, gives one tensor.
 */
import { mapGraph, sortTopologically } from './graph.ts';
import type { NumericArray } from './op.ts';
import { runReference } from './run-reference.ts';
import { sizeOf } from './shape.ts';
import { stateOp } from './state.ts';
import type { State } from './state.ts';
import { Tensor, checkTensor, constantOp, isOf } from './tensor.ts';

/** Whether a tensor is a constant, or made of constants alone by ops that derive: then it never changes. */
export function isFoldable(tensor: Tensor): boolean {
  checkTensor('isFoldable', tensor);
  return isMadeOf(tensor, (source) => isOf(source, constantOp));
}

/**
 * Whether a tensor is a constant or a state, or made of these alone by ops that derive: then no input of a run changes
 * it.
 */
export function isDerived(tensor: Tensor): boolean {
  checkTensor('isDerived', tensor);
  return isMadeOf(tensor, (source) => isOf(source, constantOp) || isOf(source, stateOp));
}

function isMadeOf(tensor: Tensor, isSource: (source: Tensor) => boolean): boolean {
  if (isSource(tensor)) return true;
  return isDeriving(tensor) && tensor.inputs.every((input) => isMadeOf(input, isSource));
}

function isDeriving({ op, inputs }: Tensor): boolean {
  return op.derives === true && inputs.length > 0;
}

/** Puts one tensor in the place of all that derive the same from the same. */
export function shareDeriving(outputs: readonly Tensor[]): readonly Tensor[] {
  return mapGraph(outputs, (current) => (isDeriving(current) ? shareOne(current) : current));
}

/**
 * What was derived already, by its first input and then by op, attributes and all inputs. It lives as long as they do.
 */
const shared = new WeakMap<Tensor, Map<string, Tensor>>();
const numbers = new WeakMap<object, number>();
let numbered = 0;

function numberOf(thing: object): number {
  if (!numbers.has(thing)) numbers.set(thing, numbered++);
  return numbers.get(thing)!;
}

function shareOne(tensor: Tensor): Tensor {
  const [first] = tensor.inputs as [Tensor];
  const known = shared.get(first) ?? new Map<string, Tensor>();
  shared.set(first, known);
  const key = JSON.stringify([numberOf(tensor.op), tensor.inputs.map(numberOf), tensor.attributes]);
  const one = known.get(key) ?? tensor;
  known.set(key, one);
  return one;
}

/** The states that a derived value is made of. */
export function listStates(tensor: Tensor): State[] {
  return sortTopologically([tensor]).flatMap((source) => (isOf(source, stateOp) ? [source.attributes.state] : []));
}

/** A derived value by plain loops, row-major. `readState` gives the numbers of its states. */
export async function computeDerived(
  tensor: Tensor,
  readState: (state: State) => NumericArray | Promise<NumericArray> = refuseState,
): Promise<NumericArray> {
  if (isOf(tensor, constantOp)) return tensor.attributes.read();
  if (isOf(tensor, stateOp)) return readState(tensor.attributes.state);
  const inputs = await Promise.all(tensor.inputs.map((input) => computeDerived(input, readState)));
  return runReference(tensor, inputs, new Float32Array(sizeOf(tensor.shape)));
}

function refuseState({ label }: State): never {
  throw new Error(`computeDerived: the numbers of the state ${label} are on its device`);
}

/** `pack_weights(encoder.blocks.input.w)`, for `explain()`. */
export function describeDerived({ op, attributes, inputs }: Tensor): string {
  if (inputs.length === 0) return op.describe?.(attributes) ?? op.name;
  return `${op.name}(${inputs.map(describeDerived).join(', ')})`;
}
