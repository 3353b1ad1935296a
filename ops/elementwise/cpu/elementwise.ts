/**
 * The arguments of elementwise kernels: the axes of the result joined where all operands go on through them, so that
 * rows are as long as they can be.
 */
import { floatWord } from '../../../engine/index.ts';
import type { CpuCall, CpuKernel, KernelCall, Shape } from '../../../engine/index.ts';
import { areFloats, cutElements } from '../../items.ts';
import { joinAxes, one } from '../../moves.ts';
import type { Axis } from '../../moves.ts';

/** What an elementwise op has on the CPU. */
export interface CpuFormula<A> {
  /** The function of elementwise.wasm.ts. */
  readonly kernel: string;
  /** Up to two numbers that it wants to know. */
  constants?(attributes: A): readonly number[];
  /** Elements that take a thread some 20 µs [those of a function that is one instruction]. */
  readonly grain?: number;
}

/** Of exp and its relatives. */
export const FUNCTION_GRAIN = 8192;
const MOVING_GRAIN = 32_768;

export function elementwiseCpu<A>(formula: CpuFormula<A>): CpuKernel<A> {
  return {
    calls: (call) => (areFloats([...call.inputs, call.output]) ? [callElementwise(call, formula)] : undefined),
  };
}

/** A function of elementwise.wasm.ts on all elements of a call. */
export function callElementwise<A>(
  { attributes, inputs, output }: CpuCall<A>,
  { kernel, constants, grain = MOVING_GRAIN }: CpuFormula<A>,
): KernelCall {
  const { shape } = output.type;
  const operands = [inputs[0]!, inputs[1] ?? inputs[0]!, ...inputs.slice(2)];
  const axes = joinAxes(
    shape,
    operands.map(({ type }) => stridesAlong(type.shape, shape.length)),
  );
  const [axis0, axis1, axis2, inner] = [one, one, one, ...axes].slice(-4) as [Axis, Axis, Axis, Axis];
  const total = shape.reduce((product, size) => product * size, 1);
  const { items, each } = cutElements(total, grain);
  const walked = operands.flatMap(({ address }, at) => [
    address,
    ...[axis0, axis1, axis2].map(({ strides }) => 4 * strides[at]!),
    16 * inner.strides[at]!,
  ]);
  const [first = 0, second = 0] = constants?.(attributes) ?? [];
  const sizes = [total, each, output.address, inner.size, axis2.size, axis1.size];
  const two = walked.splice(0, 10);
  return { kernel, items, words: [...sizes, ...two, floatWord(first), floatWord(second), ...walked] };
}

/** The strides of an operand along the axes of the result, 0 where it is repeated. */
function stridesAlong(shape: Shape, rank: number): number[] {
  let stride = 1;
  const own = shape.toReversed().map((size) => {
    const along = size === 1 ? 0 : stride;
    stride *= size;
    return along;
  });
  return [...own, ...new Array<number>(rank - shape.length).fill(0)].reverse();
}
