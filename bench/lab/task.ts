/** Makes a task from its operands: one graph on the operands, one on their squares, one on their absolute values. */
import { tensor } from '../../engine/index.ts';
import type { Shape, Tensor } from '../../engine/index.ts';
import { createRandom } from '../../test/helpers/random.ts';
import type { Task } from './version.ts';

interface Operand {
  readonly shape: Shape;
  /** Standard deviation of its Gaussian numbers [1]. */
  readonly scale?: number;
  /** The operand is clipped at zero by the task, so its negative numbers enter no sum. */
  readonly clipped?: boolean;
}

/** @param pose builds the plain graph; it must be a sum of products of the operands, or pick among them */
export function createTask(
  { label, macs, terms }: Pick<Task, 'label' | 'macs' | 'terms'>,
  operands: readonly Operand[],
  pose: (...operands: Tensor[]) => Tensor,
): Task {
  const random = createRandom(20211);
  const drawn = operands.map((operand) => {
    const length = operand.shape.reduce((product, size) => product * size, 1);
    return { operand, numbers: random.gaussians(length, operand.scale ?? 1) };
  });
  const poseOn = (change: (value: number) => number): Tensor => {
    const changed = drawn.map(({ operand: { shape, clipped }, numbers }) => {
      const kept = (value: number): number => (clipped ? Math.max(value, 0) : value);
      return tensor(
        Float64Array.from(numbers, (value) => change(kept(value))),
        shape,
      );
    });
    return pose(...changed);
  };
  const plain = pose(...drawn.map(({ operand, numbers }) => tensor(numbers, operand.shape)));
  return { label, macs, terms, plain, squares: poseOn((value) => value * value), absolute: poseOn(Math.abs) };
}
