/**
 * The same graph run by plain loops in float64: the oracle of every test, the teacher of every reader, and a device
 * of last resort (`--device reference`) where there is no GL at all. No rewriting, no layout, no cleverness.
 */
import { checkFunction, checkObject } from '../../base/check-argument.ts';
import { sortTopologically } from '../graph.ts';
import type { NumericArray } from '../op.ts';
import { sizeOf } from '../shape.ts';
import { stateOp } from '../state.ts';
import type { StateAttributes } from '../state.ts';
import { constantOp, placeholderOp } from '../tensor.ts';
import type { ConstantAttributes, PlaceholderAttributes, Tensor } from '../tensor.ts';

/**
 * Values of the outputs, in float64, row-major. Inputs are taken by the names of their placeholders.
 * `step` is awaited before each tensor: it may report, let others have a turn, or throw to stop.
 * Arrays are dropped after their last reader, so memory stays near that of the widest point of the graph.
 */
export async function interpret(
  outputs: readonly Tensor[],
  inputs: Readonly<Record<string, ArrayLike<number>>> = {},
  step: (done: number, total: number) => Promise<void> | void = () => {},
): Promise<Float64Array[]> {
  checkObject('interpret', 'inputs', inputs);
  checkFunction('interpret', 'step', step);
  const order = sortTopologically(outputs);
  const lastReader = new Map<Tensor, Tensor>();
  for (const tensor of order) tensor.inputs.forEach((input) => lastReader.set(input, tensor));
  const kept = new Set(outputs);
  const values = new Map<Tensor, NumericArray>();
  for (const [done, tensor] of order.entries()) {
    await step(done, order.length);
    values.set(tensor, await evaluate(tensor, values, inputs));
    for (const input of tensor.inputs) {
      if (lastReader.get(input) === tensor && !kept.has(input)) values.delete(input);
    }
  }
  return outputs.map((output) => Float64Array.from(values.get(output)!));
}

async function evaluate(
  tensor: Tensor,
  values: ReadonlyMap<Tensor, NumericArray>,
  inputs: Readonly<Record<string, ArrayLike<number>>>,
): Promise<NumericArray> {
  const op: unknown = tensor.op;
  if (op === constantOp) return (tensor.attributes as ConstantAttributes).read();
  if (op === stateOp) return (tensor.attributes as StateAttributes).state.values;
  if (op === placeholderOp) return Float64Array.from(inputs[(tensor.attributes as PlaceholderAttributes).name]!);
  const output = new Float64Array(sizeOf(tensor.shape));
  tensor.op.reference({
    attributes: tensor.attributes,
    inputs: tensor.inputs.map((input) => values.get(input)!),
    inputTypes: tensor.inputs.map((input) => input.type),
    output,
    outputType: tensor.type,
  });
  if (tensor.op.redraws) (tensor.inputs[0]!.attributes as StateAttributes).state.values = output;
  return output;
}
