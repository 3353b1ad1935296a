/**
 * `compile` turns an ordinary function over tensors into a plan that runs; `run` computes tensors at once. The rewrite
 * rules are an argument: the engine knows no op, so `ops` exports both with the standard rules bound.
 */
import { checkRules } from './rewrite.ts';
import { argumentError, checkEach, checkFunction, checkObject } from '../base/check-argument.ts';
import { ShapeError } from '../base/errors.ts';
import { giveTurn } from '../base/give-turn.ts';
import { Executable, throwIfAborted } from './gl/executable.ts';
import type { PassTiming, PrepareOptions, RunInputs, RunOptions, RunOutput } from './gl/executable.ts';
import { Device } from './gl/device.ts';
import { sortTopologically } from './graph.ts';
import { arrayFor, checkInputs, makePlan } from './plan.ts';
import type { Plan } from './plan.ts';
import { interpret } from './reference/interpret.ts';
import type { Rule } from './rewrite.ts';
import { sizeOf } from './shape.ts';
import type { Shape, TensorType } from './shape.ts';
import { Tensor, checkTensor, placeholder } from './tensor.ts';

/** The float64 interpreter in the place of a device: slow, exact, everywhere. */
export interface ReferenceDevice {
  readonly kind: 'reference';
  readonly description: string;
  dispose(): void;
}

export type AnyDevice = Device | ReferenceDevice;

export const referenceDevice: ReferenceDevice = {
  kind: 'reference',
  description: 'reference (plain float64 loops on the CPU)',
  dispose() {},
};

/** What a traced function may return: one tensor, or several by name. */
export type Traced = Tensor | Readonly<Record<string, Tensor>>;

/** Numbers in the form the function returned its tensors. */
export type Result<T extends Traced> = T extends Tensor ? RunOutput : { readonly [K in keyof T]: RunOutput };

export interface Compiled<T extends Traced> {
  /** Compiles shaders and uploads weights; `run` does it by itself when it was not called. */
  prepare(options?: PrepareOptions): Promise<void>;
  /** Runs on new inputs: row-major numbers, Int32Array for whole-number tensors, else Float32Array. */
  run(inputs: RunInputs, options?: RunOptions): Promise<Result<T>>;
  /** Milliseconds of every pass of one run. Empty on the reference device. */
  profile(inputs: RunInputs): Promise<PassTiming[]>;
  /** Passes, shapes, textures, bytes and, on request, GLSL. */
  explain(options?: { shaders?: boolean }): string;
  /** Absent on the reference device, which plans nothing. */
  readonly plan: Plan | undefined;
  /** What the function returned: types of the results. */
  readonly outputs: T;
  dispose(): void;
  [Symbol.dispose](): void;
}

export interface CompileOptions {
  readonly rules: readonly Rule[];
}

/**
 * Traces `trace` once with a placeholder for every input and plans what it returns.
 * @param inputs shape (fp32) or full type of every input, by the name under which `run` takes it.
 */
export function compile<const I extends Readonly<Record<string, Shape | TensorType>>, T extends Traced>(
  device: AnyDevice,
  trace: (inputs: { readonly [K in keyof I]: Tensor }) => T,
  inputs: I,
  options: CompileOptions,
): Compiled<T> {
  checkDevice('compile', device);
  checkObject('compile', 'options', options);
  const { rules } = options;
  checkFunction('compile', 'a function over tensors', trace);
  checkObject('compile', 'inputs', inputs);
  checkRules('compile', rules);
  const placeholders = Object.fromEntries(
    Object.entries(inputs).map(([name, type]) => [name, placeholder(name, toType(type))]),
  ) as { readonly [K in keyof I]: Tensor };
  return bind(device, trace(placeholders), rules);
}

/** Throws UsageError `E_ARGUMENT` unless it is a device, of this package. */
export function checkDevice(where: string, device: unknown): asserts device is AnyDevice {
  if (device instanceof Device || device === referenceDevice) return;
  throw argumentError(where, 'a device, what `open` gives', device, 'Call `await open()` first.');
}

/** JavaScript callers, and functions that forgot to return. */
function checkTraced(traced: unknown): void {
  if (traced instanceof Tensor) return;
  const named = traced && typeof traced === 'object' && !Array.isArray(traced) ? Object.values(traced) : [];
  if (named.length > 0 && named.every((value) => value instanceof Tensor)) return;
  throw new ShapeError('E_ATTRIBUTE', 'compile: the function must return a tensor, or an object of tensors by name.');
}

function toType(type: Shape | TensorType): TensorType {
  if (typeof type !== 'object' || type === null) throw argumentError('compile', 'the shape of an input', type);
  return 'shape' in type ? type : { shape: type, dtype: 'f32' };
}

function bind<T extends Traced>(device: AnyDevice, traced: T, rules: readonly Rule[]): Compiled<T> {
  checkTraced(traced);
  const names = traced instanceof Tensor ? undefined : Object.keys(traced);
  const tensors = traced instanceof Tensor ? [traced] : Object.values(traced);
  const assemble = (arrays: readonly RunOutput[]): Result<T> =>
    (names ? Object.fromEntries(names.map((name, index) => [name, arrays[index]!])) : arrays[0]!) as Result<T>;
  if (!(device instanceof Device)) return bindReference(traced, tensors, assemble);
  const executable = new Executable(device, makePlan(tensors, rules, device));
  return {
    prepare: (options) => executable.prepare(options),
    run: async (given, options) => assemble(await executable.run(given, options)),
    profile: (given) => executable.profile(given),
    explain: (options) => executable.explain(options),
    plan: executable.plan,
    outputs: traced,
    dispose: () => executable.dispose(),
    [Symbol.dispose]: () => executable.dispose(),
  };
}

function bindReference<T extends Traced>(
  traced: T,
  tensors: readonly Tensor[],
  assemble: (arrays: readonly RunOutput[]) => Result<T>,
): Compiled<T> {
  return {
    prepare: async () => {},
    async run(given, { onProgress, signal } = {}) {
      checkInputs(sortTopologically(tensors), given);
      const values = await interpret(tensors, given, async (done, total) => {
        onProgress?.({ done, total });
        await giveTurn(); // or nobody could stop it
        throwIfAborted(signal, 'run');
      });
      return assemble(values.map((value, index) => toOutput(value, tensors[index]!)));
    },
    profile: async () => [],
    explain: () => referenceDevice.description,
    plan: undefined,
    outputs: traced,
    dispose() {},
    [Symbol.dispose]() {},
  };
}

function toOutput(value: Float64Array, { dtype, shape }: Tensor): RunOutput {
  const output = arrayFor(dtype, sizeOf(shape));
  output.set(value);
  return output;
}

/** Computes a tensor whose inputs are all constants: eager use, for tests and learners. Row-major numbers. */
export async function run(device: AnyDevice, tensor: Tensor, options: CompileOptions): Promise<RunOutput> {
  checkTensor('run', tensor);
  const compiled = compile(device, () => tensor, {}, options);
  try {
    return await compiled.run({});
  } finally {
    compiled.dispose();
  }
}

/** Throws ShapeError `E_ATTRIBUTE` for a rule name that is not in the set: a typing error must not go unseen. */
export function withoutRules(rules: readonly Rule[], names: readonly string[]): Rule[] {
  checkRules('withoutRules', rules);
  checkEach('withoutRules', 'names', 'a text', names, (name) => typeof name === 'string');
  for (const name of names) {
    if (!rules.some((rule) => rule.name === name)) {
      const known = rules.map((rule) => rule.name).join(', ');
      throw new ShapeError('E_ATTRIBUTE', `withoutRules: no rewrite is called ${name}. There are: ${known}.`);
    }
  }
  return rules.filter((rule) => !names.includes(rule.name));
}
