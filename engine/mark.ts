/**
 * A mark gives a tensor in the middle of a net a name, by which whoever compiles the net may ask for its numbers:
 * attention's weights, a layer's activations. A plan drops marks before anything else, so one that nobody asks for
 * costs nothing, and one that is asked for is an output, which no rewrite rule takes away.
 */
import { checkEach, checkText } from '../base/check-argument.ts';
import { ShapeError } from '../base/errors.ts';
import { mapGraph, sortTopologically } from './graph.ts';
import type { Op } from './op.ts';
import { Tensor, apply, checkTensor, isOf } from './tensor.ts';

export const markOp: Op<{ readonly name: string }> = {
  name: 'mark',
  transparent: true,
  infer: ([x]) => x!,
  reference: ({ inputs, output }) => output.set(inputs[0]!),
  describe: ({ name }) => name,
};

/** The tensor, under a name that `findMarked` knows it by: one name, one tensor of a net. */
export function mark(tensor: Tensor, name: string): Tensor {
  checkTensor('mark', tensor);
  checkText('mark', 'name', name);
  return apply(markOp, [tensor], { name });
}

/**
 * The marked tensors that a result is made of, by name, to be returned beside it:
 * `({ x }) => { const y = net(x); return { y, ...findMarked(y, ['attention']) }; }`.
 * @param names those that are wanted [all]
 * @throws ShapeError `E_ATTRIBUTE` for a name that nothing has, or that two tensors have
 */
export function findMarked<const Name extends string>(
  result: Tensor,
  names?: readonly Name[],
): Readonly<Record<Name, Tensor>> {
  checkTensor('findMarked', result);
  if (names !== undefined) checkEach('findMarked', 'names', 'a text', names, (name) => typeof name === 'string');
  const found = new Map<string, Tensor>();
  for (const tensor of sortTopologically([result])) {
    if (!isOf(tensor, markOp)) continue;
    const { name } = tensor.attributes;
    if (found.has(name)) throw new ShapeError('E_ATTRIBUTE', `findMarked: two tensors are marked ${name}.`);
    found.set(name, tensor);
  }
  const wanted = names ? Array.from(names) : [...found.keys()];
  return Object.fromEntries(wanted.map((name) => [name, found.get(name) ?? refuseName(name, found)])) as Readonly<
    Record<Name, Tensor>
  >;
}

function refuseName(name: string, found: ReadonlyMap<string, Tensor>): never {
  const known = [...found.keys()].join(', ') || 'no marks at all';
  throw new ShapeError('E_ATTRIBUTE', `findMarked: nothing is marked ${name}. There are: ${known}.`);
}

/** The graph with every mark, and whatever else is transparent, replaced by what it stands for. */
export function dropTransparent(outputs: readonly Tensor[]): readonly Tensor[] {
  return mapGraph(outputs, (current) => (current.op.transparent ? current.inputs[0]! : current));
}
