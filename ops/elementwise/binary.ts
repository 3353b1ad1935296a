/**
 * Two operands: add, sub, mul, div with NumPy's broadcasting, and scaleAdd, the residual of DALL·E's blocks.
 * Operands of any shapes that broadcast; the result is fp32.
 */
import { checkNumber } from '../../base/check-argument.ts';
import { ShapeError } from '../../base/errors.ts';
import { apply } from '../../engine/index.ts';
import type { Op, Tensor } from '../../engine/index.ts';
import { floatLiteral } from '../shader/accessors.ts';
import { applyBinary, defineElementwise } from './elementwise.ts';

export const addOp: Op<undefined> = defineElementwise({
  name: 'add',
  compute: ([a, b]) => a! + b!,
  webgl: { expression: ([a, b]) => `${a} + ${b}` },
  cpu: { kernel: 'add' },
});
/** a + b. */
export const add: (a: Tensor, b: Tensor) => Tensor = applyBinary(addOp);

export const subOp: Op<undefined> = defineElementwise({
  name: 'sub',
  compute: ([a, b]) => a! - b!,
  webgl: { expression: ([a, b]) => `${a} - ${b}` },
  cpu: { kernel: 'sub' },
});
/** a − b. */
export const sub: (a: Tensor, b: Tensor) => Tensor = applyBinary(subOp);

export const mulOp: Op<undefined> = defineElementwise({
  name: 'mul',
  compute: ([a, b]) => a! * b!,
  webgl: { expression: ([a, b]) => `${a} * ${b}` },
  cpu: { kernel: 'mul' },
});
/** a · b. */
export const mul: (a: Tensor, b: Tensor) => Tensor = applyBinary(mulOp);

export const divOp: Op<undefined> = defineElementwise({
  name: 'div',
  compute: ([a, b]) => a! / b!,
  webgl: { expression: ([a, b]) => `${a} / ${b}` },
  cpu: { kernel: 'div' },
});
/** a / b. */
export const div: (a: Tensor, b: Tensor) => Tensor = applyBinary(divOp);

interface ScaleAddAttributes {
  readonly gain: number;
}

export const scaleAddOp: Op<ScaleAddAttributes> = defineElementwise<ScaleAddAttributes>({
  name: 'scale_add',
  operands: ['id', 'res'],
  compute: ([id, res], { gain }) => id! + gain * res!,
  webgl: { expression: ([id, res], { gain }) => `${id} + ${floatLiteral(gain)} * ${res}` },
  cpu: { kernel: 'scale_add', constants: ({ gain }) => [gain] },
  describe: ({ gain }) => `gain ${gain}`,
});

/** id + gain · res. `gain` is rounded to fp32. Throws ShapeError `E_ATTRIBUTE` unless it is finite. */
export function scaleAdd(id: Tensor, res: Tensor, gain: number): Tensor {
  checkNumber('scaleAdd', 'gain', gain);
  if (!Number.isFinite(gain)) {
    throw new ShapeError('E_ATTRIBUTE', `scaleAdd: gain must be a finite number, got ${gain}.`);
  }
  return apply(scaleAddOp, [id, res], { gain: Math.fround(gain) });
}
