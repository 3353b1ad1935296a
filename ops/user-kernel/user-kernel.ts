/**
 * Ops in one line: a plain function over numbers becomes an elementwise op like those built in, with NumPy's
 * broadcasting, our layout and fp32. gpu.js translates its text; the function itself is the float64 reference.
 */
import { ShapeError, UsageError } from '../../base/errors.ts';
import { apply } from '../../engine/index.ts';
import type { Op, Tensor } from '../../engine/index.ts';
import { defineElementwise } from '../elementwise/elementwise.ts';
import { floatLiteral } from '../shader/accessors.ts';
import { singlePixelBlock } from '../shader/fragment.ts';
import { shorten } from './refusal.ts';
import { checkTranslator, translateKernel } from './translate.ts';
import type { GpuJs } from './translate.ts';

/** A tensor for every number. */
type TensorsFor<Numbers extends readonly number[]> = { readonly [K in keyof Numbers]: Tensor };

/** Makes an op of a function over numbers. See docs/05-an-op-in-one-line.md for what the function may contain. */
export interface Elementwise {
  /** The op takes a tensor for each of the 1 to 8 parameters; their shapes broadcast. */
  <Numbers extends readonly number[]>(
    compute: (...values: Numbers) => number,
  ): (...tensors: TensorsFor<Numbers>) => Tensor;
  /** Parameters named in `constants` get those values, rounded to fp32; the op takes tensors for the others. */
  (
    compute: (...values: readonly number[]) => number,
    constants: Readonly<Record<string, number>>,
  ): (...tensors: readonly Tensor[]) => Tensor;
}

const MOST_OPERANDS = 8;
const KERNEL = 'elementwise_kernel';

/**
 * `createElementwise(gpujs)` makes `elementwise`, where gpujs is the module gpu.js 2.24.1, an optional package:
 * `import gpujs from 'gpu.js'`, in Node and in browsers alike.
 *
 *     const elementwise = createElementwise(gpujs);
 *     const swish = elementwise((x) => x / (1 + Math.exp(-x)));
 *     const y = swish(tensor);
 *
 * No context is opened. Functions are translated when `elementwise` is called, so that is when errors come.
 *
 * @throws UsageError `E_KERNEL_TRANSLATOR` when that is not gpu.js; from `elementwise`: `E_KERNEL_SYNTAX`,
 *   `E_KERNEL_CAPTURE`, `E_KERNEL_PARAMETERS`; ShapeError from the op
 */
export function createElementwise(gpujs: GpuJs): Elementwise {
  checkTranslator(gpujs);
  return (compute: (...values: number[]) => number, constants: Readonly<Record<string, number>> = {}) => {
    const { op, operandCount } = defineUserKernel(gpujs, compute, constants);
    return (...tensors: readonly Tensor[]): Tensor => {
      if (tensors.length !== operandCount) {
        throw new ShapeError(
          'E_ATTRIBUTE',
          `${op.name}: takes ${operandCount} tensors, one for each parameter that is no constant, got ${tensors.length}.`,
        );
      }
      return apply(op, tensors, undefined);
    };
  };
}

interface UserKernel {
  readonly op: Op<undefined>;
  readonly operandCount: number;
}

function defineUserKernel(
  gpujs: GpuJs,
  compute: (...values: number[]) => number,
  constants: Readonly<Record<string, number>>,
): UserKernel {
  const source = sourceOf(compute);
  const { parameters, glsl, hasLoops } = translateKernel(gpujs, source, KERNEL);
  const values = parameters.map((name) => (Object.hasOwn(constants, name) ? Math.fround(constants[name]!) : undefined));
  checkParameters(parameters, values, constants);
  const operandCount = values.filter((value) => value === undefined).length;
  const op = defineElementwise<undefined>({
    name: 'elementwise',
    webgl: {
      declarations: `${glsl}\n\n${writeLanes(values)}`,
      expression: (operands) => `each_lane(${operands.join(', ')})`,
    },
    compute(operands) {
      let next = 0;
      return compute(...values.map((value) => value ?? operands[next++]!));
    },
    describe: () => shorten(source),
  });
  const looping = { ...op, kernels: { webgl: { ...op.kernels?.webgl, block: () => singlePixelBlock } } };
  return { op: hasLoops ? looping : op, operandCount };
}

function sourceOf(compute: unknown): string {
  if (typeof compute === 'function') return Function.prototype.toString.call(compute);
  throw new UsageError('E_KERNEL_SYNTAX', `elementwise: needs a function such as (x) => x * x, got ${typeof compute}.`);
}

function checkParameters(
  parameters: readonly string[],
  values: readonly (number | undefined)[],
  constants: Readonly<Record<string, number>>,
): void {
  const refuse = (reason: string): never => {
    throw new UsageError('E_KERNEL_PARAMETERS', `elementwise: (${parameters.join(', ')}) => …: ${reason}`);
  };
  for (const [name, value] of Object.entries(constants)) {
    if (!parameters.includes(name)) refuse(`no parameter is called ${name}, and constants go to parameters by name.`);
    if (typeof value !== 'number' || !Number.isFinite(Math.fround(value))) {
      refuse(`constant ${name} must be a finite number of float32, got ${String(value)}.`);
    }
  }
  const count = values.filter((value) => value === undefined).length;
  if (count < 1 || count > MOST_OPERANDS) {
    refuse(`1 to ${MOST_OPERANDS} parameters must be left for tensors, and here are ${count}.`);
  }
}

/** GLSL: the kernel for each lane of its operands, constants in their places. */
function writeLanes(values: readonly (number | undefined)[]): string {
  const names = values.map((value, index) => (value === undefined ? `operand_${index}` : undefined));
  const lanes = ['x', 'y', 'z', 'w'].map((lane) => {
    const given = values.map((value, index) => (value === undefined ? `${names[index]}.${lane}` : floatLiteral(value)));
    return `    ${KERNEL}(${given.join(', ')})`;
  });
  const declared = names.flatMap((name) => (name === undefined ? [] : [`vec4 ${name}`]));
  return `vec4 each_lane(${declared.join(', ')}) {\n  return vec4(\n${lanes.join(',\n')}\n  );\n}`;
}
