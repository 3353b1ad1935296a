/** Calls of the CPU kernels that move numbers, for ops that only do that. */
import { sizeOf } from '../engine/index.ts';
import type { CpuOperand, KernelCall, Shape } from '../engine/index.ts';
import { cutElements } from './items.ts';
import type { View } from './strided.ts';

/** Numbers that a thread moves in some 20 µs. */
const GRAIN = 32_768;

/** Whether a value lies in words of four bytes, whatever they are. */
export function liesInWords({ storage }: CpuOperand): boolean {
  return storage === 'rows';
}

/** Every number of a walk over `shape` from one part of a value to one of another. */
export function moveNumbers(
  shape: Shape,
  [from, source]: readonly [CpuOperand, View],
  [to, target]: readonly [CpuOperand, View],
): KernelCall {
  const views = [source, target];
  const axes = joinAxes(shape, [source.strides, target.strides]);
  const [axis0, axis1, axis2, inner] = [one, one, one, ...axes].slice(-4) as [Axis, Axis, Axis, Axis];
  const total = sizeOf(shape);
  const { items, each } = cutElements(total, GRAIN);
  const operands = [from, to].flatMap(({ address }, at) => [
    address + 4 * views[at]!.start,
    ...[axis0, axis1, axis2, inner].map(({ strides }) => 4 * strides[at]!),
  ]);
  return { kernel: 'move', items, words: [total, each, inner.size, axis2.size, axis1.size, ...operands] };
}

/** All numbers of `from`, in their order, to the beginning of `to`. */
export function copyNumbers(from: CpuOperand, to: CpuOperand): KernelCall {
  const all = { start: 0, strides: [1] };
  return moveNumbers([sizeOf(from.type.shape)], [from, all], [to, all]);
}

/** A value filled with one number, given by its bits (floatWord). */
export function fillNumbers(to: CpuOperand, bits: number): KernelCall {
  const total = sizeOf(to.type.shape);
  const { items, each } = cutElements(total, GRAIN);
  return { kernel: 'fill', items, words: [total, each, to.address, bits] };
}

/** An axis of a walk, and numbers from one place along it to the next in each operand. */
export interface Axis {
  readonly size: number;
  readonly strides: readonly number[];
}

/** What stands for an axis that a walk does not have. */
export const one: Axis = { size: 1, strides: [0, 0] };

/** The axes of a walk, outermost first, joined where every operand goes on through them: rows as long as can be. */
export function joinAxes(shape: Shape, strides: readonly (readonly number[])[]): Axis[] {
  const joined: Axis[] = [];
  for (const [axis, size] of shape.entries()) {
    if (size === 1) continue;
    const own: Axis = { size, strides: strides.map((each) => each[axis]!) };
    const outer = joined.at(-1);
    if (outer?.strides.every((stride, at) => stride === size * own.strides[at]!)) {
      joined[joined.length - 1] = { size: outer.size * size, strides: own.strides };
    } else joined.push(own);
  }
  return joined.length > 0 ? joined : [{ size: 1, strides: strides.map(() => 1) }];
}
