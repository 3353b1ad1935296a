/**
 * Folding: ops that only prepare numbers, such as the packing of weights, are computed once on the CPU where all they
 * depend on is constant. The same op on the same constants, which tiling makes many times and further plans of a net
 * again, gives one constant.
 */
import { sortTopologically } from './graph.ts';
import type { NumericArray, Op } from './op.ts';
import { runReference } from './run-reference.ts';
import { sizeOf } from './shape.ts';
import { Tensor, checkTensor, constantOp, isOf } from './tensor.ts';
import type { ConstantAttributes } from './tensor.ts';

/** Whether a tensor is a constant or will be one once constants are folded. */
export function isFoldable(tensor: Tensor): boolean {
  checkTensor('isFoldable', tensor);
  if (isOf(tensor, constantOp)) return true;
  return tensor.op.derives === true && tensor.inputs.length > 0 && tensor.inputs.every(isFoldable);
}

/** Replaces foldable ops over constants by constants, which are read, and computed, when a device asks for them. */
export function foldConstants(outputs: readonly Tensor[]): Tensor[] {
  const replaced = new Map<Tensor, Tensor>();
  for (const tensor of sortTopologically(outputs)) {
    const inputs = tensor.inputs.map((input) => replaced.get(input)!);
    const changed = inputs.some((input, index) => input !== tensor.inputs[index]);
    const current = changed ? new Tensor(tensor.op, inputs, tensor.attributes, tensor.type) : tensor;
    replaced.set(tensor, tensor.op.derives && isFoldable(tensor) ? foldOnce(current) : current);
  }
  return outputs.map((output) => replaced.get(output)!);
}

/** What was folded already, by its first input and then by op, attributes and all inputs. It lives as long as they do. */
const folded = new WeakMap<Tensor, Map<string, Tensor>>();
const numbers = new WeakMap<object, number>();
let numbered = 0;

function numberOf(thing: object): number {
  if (!numbers.has(thing)) numbers.set(thing, numbered++);
  return numbers.get(thing)!;
}

function foldOnce(tensor: Tensor): Tensor {
  const [first] = tensor.inputs as [Tensor];
  const known = folded.get(first) ?? new Map<string, Tensor>();
  folded.set(first, known);
  const key = JSON.stringify([numberOf(tensor.op), tensor.inputs.map(numberOf), tensor.attributes]);
  const constant = known.get(key) ?? foldOne(tensor);
  known.set(key, constant);
  return constant;
}

function foldOne(tensor: Tensor): Tensor {
  const sources = tensor.inputs.filter((input) => isOf(input, constantOp)).map(({ attributes }) => attributes);
  const read = async (): Promise<NumericArray> => {
    const inputs = await Promise.all(sources.map((source) => source.read()));
    return runReference(tensor, inputs, new Float32Array(sizeOf(tensor.shape)));
  };
  const label = `${tensor.op.name}(${sources.map((source) => source.label).join(', ')})`;
  const { op, attributes: own, type } = tensor;
  const attributes: ConstantAttributes = { label, type, read, derivedBy: { op, attributes: own } };
  return new Tensor(constantOp as Op, [], attributes, tensor.type);
}
