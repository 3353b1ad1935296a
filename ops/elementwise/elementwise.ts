/**
 * Ops that act on every element by itself, one operand or two with NumPy's broadcasting. An op is made from a formula,
 * as a JavaScript function and once more for each kind of device; everything else is common.
 */
import { apply, broadcastShapes, stridesOf } from '../../engine/index.ts';
import type { NumericArray, Op, Shape, Tensor } from '../../engine/index.ts';
import { elementwiseCpu } from './cpu/elementwise.ts';
import type { CpuFormula } from './cpu/elementwise.ts';
import { elementwiseGl } from './gl/elementwise.ts';
import type { GlFormula } from './gl/elementwise.ts';

interface ElementwiseDefinition<A> {
  readonly name: string;
  /** What shaders call the operands [a, b, c, …]. */
  readonly operands?: readonly string[];
  /** The formula for numbers: the truth. */
  compute(operands: readonly number[], attributes: A): number;
  /** The same in GLSL. */
  readonly webgl: GlFormula<A>;
  /** The same in AssemblyScript [none: the CPU computes `compute`]. */
  readonly cpu?: CpuFormula<A>;
  describe?(attributes: A): string;
  /** The result for halves is a half that needs no rounding, so it stays f16. */
  readonly keepsHalves?: boolean;
}

export function defineElementwise<A>(definition: ElementwiseDefinition<A>): Op<A> {
  const { name } = definition;
  return {
    name,
    mapwise: true,
    ...(definition.operands && { operands: definition.operands }),
    infer(inputs) {
      const shape = inputs.map((input) => input.shape).reduce((a, b) => broadcastShapes(name, a, b));
      const halves = definition.keepsHalves && inputs.every((input) => input.dtype === 'f16');
      return { shape, dtype: halves ? 'f16' : 'f32' };
    },
    reference({ inputs, inputTypes, output, outputType, attributes }) {
      const readers = inputs.map((data, index) => broadcastReader(data, inputTypes[index]!.shape, outputType.shape));
      const operands = new Array<number>(inputs.length);
      for (let i = 0; i < output.length; i++) {
        readers.forEach((read, index) => (operands[index] = read(i)));
        output[i] = definition.compute(operands, attributes);
      }
    },
    kernels: {
      webgl: elementwiseGl(name, definition.webgl),
      ...(definition.cpu && { cpu: elementwiseCpu(definition.cpu) }),
    },
    ...(definition.describe && { describe: definition.describe }),
  };
}

/** Calls a one-operand op. */
export function applyUnary(op: Op<undefined>): (x: Tensor) => Tensor {
  return (x) => apply(op, [x], undefined);
}

/** Calls a two-operand op; shapes broadcast as in NumPy. */
export function applyBinary(op: Op<undefined>): (a: Tensor, b: Tensor) => Tensor {
  return (a, b) => apply(op, [a, b], undefined);
}

/** Value of an operand at a flat index of the result. */
function broadcastReader(data: NumericArray, from: Shape, to: Shape): (index: number) => number {
  const fromStrides = stridesOf(from);
  const toStrides = stridesOf(to);
  const steps = to.map((_, axis) => {
    const own = axis - to.length + from.length;
    return own < 0 || from[own] === 1 ? 0 : fromStrides[own]!;
  });
  return (index) => {
    let position = 0;
    for (let axis = 0; axis < to.length; axis++) {
      position += (Math.floor(index / toStrides[axis]!) % to[axis]!) * steps[axis]!;
    }
    return data[position]!;
  };
}
