/**
 * A graph run by plain loops in float64: the oracle of every test, the teacher of every reader, and a device of last
 * resort (device.ts) where there is no GL at all. No rewriting, no layout, no cleverness.
 */
import { checkFunction, checkObject } from '../../base/check-argument.ts';
import { computeDerived } from '../derive.ts';
import type { NumericArray } from '../op.ts';
import { planAsWritten } from '../plan.ts';
import type { Plan, Value } from '../plan.ts';
import { runReference } from '../run-reference.ts';
import { sizeOf } from '../shape.ts';
import { StateStore, stateOf, stateOp } from '../state.ts';
import type { State } from '../state.ts';
import { constantOp, isOf, placeholderOp } from '../tensor.ts';
import type { Tensor } from '../tensor.ts';

type Inputs = Readonly<Record<string, ArrayLike<number>>>;
/** Called before each step: it may report, let others have a turn, or throw to stop. */
type BeforeStep = (done: number, total: number) => Promise<void> | void;

/** Numbers of states, which outlive runs. */
const states = new StateStore<Float64Array>(() => {});

/** Values of the outputs, in float64, row-major. Inputs are taken by the names of their placeholders. */
export async function interpret(
  outputs: readonly Tensor[],
  inputs: Inputs = {},
  beforeStep: BeforeStep = () => {},
): Promise<Float64Array[]> {
  checkObject('interpret', 'inputs', inputs);
  checkFunction('interpret', 'beforeStep', beforeStep);
  return interpretPlan(planAsWritten(outputs), inputs, beforeStep);
}

/** The same for a plan. Arrays are dropped after their last reader, so memory stays near that of the widest point. */
export async function interpretPlan(
  { values, steps, outputs }: Plan,
  inputs: Inputs,
  beforeStep: BeforeStep,
): Promise<Float64Array[]> {
  const live = new Map<number, NumericArray>();
  const read = async (index: number): Promise<NumericArray> => {
    const known = live.get(index) ?? (await readSource(values[index]!, inputs));
    live.set(index, known);
    return known;
  };
  for (const [done, step] of steps.entries()) {
    await beforeStep(done, steps.length);
    const { output, inputs: others, dying } = step;
    const operands: NumericArray[] = [];
    for (const index of step.op.redraws ? [output, ...others] : others) operands.push(await read(index));
    const result = runReference(step.tensor, operands, new Float64Array(sizeOf(step.tensor.shape)));
    live.set(output, result);
    const { tensor } = values[output]!;
    if (isOf(tensor, stateOp)) states.replace(tensor.attributes.state, result);
    for (const index of dying) live.delete(index);
  }
  for (const { op, tensor, output } of steps) {
    if (op.assigns) states.replace(stateOf(tensor), live.get(output) as Float64Array);
  }
  const results: Float64Array[] = [];
  for (const index of outputs) results.push(Float64Array.from(await read(index)));
  return results;
}

/** The numbers of a value that no step makes. */
async function readSource({ tensor, kind }: Value, inputs: Inputs): Promise<NumericArray> {
  if (isOf(tensor, constantOp)) return tensor.attributes.read();
  if (isOf(tensor, placeholderOp)) return Float64Array.from(inputs[tensor.attributes.name]!);
  if (isOf(tensor, stateOp)) return readState(tensor.attributes.state);
  if (kind === 'derived') return computeDerived(tensor, readState);
  throw new Error(`interpret: ${tensor.toString()} is read before it is made`);
}

async function readState(state: State): Promise<NumericArray> {
  await states.begin([state], (_, numbers) => Float64Array.from(numbers));
  return states.of(state, () => new Float64Array(sizeOf(state.type.shape)));
}
