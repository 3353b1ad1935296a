/**
 * Walks over the graph that tensors form: order of computation and number of uses. Iterative, because a deep net
 * must not depend on the depth of JavaScript's stack.
 */
import { Tensor, checkTensors } from './tensor.ts';

/** Every tensor the outputs need, each after its inputs, each once. */
export function sortTopologically(outputs: readonly Tensor[]): Tensor[] {
  checkTensors('sortTopologically', 'outputs', outputs);
  const order: Tensor[] = [];
  const done = new Set<Tensor>();
  const stack: { node: Tensor; next: number }[] = [];
  for (const output of outputs) {
    if (!done.has(output)) stack.push({ node: output, next: 0 });
    while (stack.length > 0) {
      const top = stack[stack.length - 1]!;
      const input = top.node.inputs[top.next++];
      if (input === undefined) {
        stack.pop();
        if (!done.has(top.node)) order.push(top.node);
        done.add(top.node);
      } else if (!done.has(input)) {
        stack.push({ node: input, next: 0 });
      }
    }
  }
  return order;
}

/**
 * The graph with other tensors in it. `replace` is given each tensor as it is with its inputs replaced already, itself
 * where none of them was, and as it was.
 */
export function mapGraph(
  outputs: readonly Tensor[],
  replace: (current: Tensor, original: Tensor) => Tensor,
): readonly Tensor[] {
  const replaced = new Map<Tensor, Tensor>();
  for (const tensor of sortTopologically(outputs)) {
    const inputs = tensor.inputs.map((input) => replaced.get(input)!);
    const changed = inputs.some((input, index) => input !== tensor.inputs[index]);
    const current = changed ? new Tensor(tensor.op, inputs, tensor.attributes, tensor.type) : tensor;
    replaced.set(tensor, replace(current, tensor));
  }
  return outputs.map((output) => replaced.get(output)!);
}

/** How often each tensor is read by another one or returned. */
export function countUses(order: readonly Tensor[], outputs: readonly Tensor[]): Map<Tensor, number> {
  checkTensors('countUses', 'order', order);
  checkTensors('countUses', 'outputs', outputs);
  const uses = new Map<Tensor, number>();
  const add = (tensor: Tensor): void => void uses.set(tensor, (uses.get(tensor) ?? 0) + 1);
  for (const tensor of order) tensor.inputs.forEach(add);
  outputs.forEach(add);
  return uses;
}
