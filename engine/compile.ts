/**
 * `compile` turns an ordinary function over tensors into a plan that runs; `run` computes tensors at once. The rewrite
 * rules are an argument: the engine knows no op, so `ops` exports both with the standard rules bound.
 */
import { argumentError, checkEach, checkFunction, checkObject } from '../base/check-argument.ts';
import { ShapeError } from '../base/errors.ts';
import type { Device, Executable, RunInputs, RunOptions, RunOutput } from './device.ts';
import { makePlan, planAsWritten } from './plan.ts';
import { checkRules } from './rewrite.ts';
import type { Rule } from './rewrite.ts';
import type { Shape, TensorType } from './shape.ts';
import { Tensor, checkTensor, placeholder } from './tensor.ts';

/**
 * What a traced function may return: one tensor, or several by name. A list of tensors under a name is of effects, such
 * as what states are assigned: they are computed, and nobody reads them.
 */
export type Traced = Tensor | Readonly<Record<string, Tensor | readonly Tensor[]>>;

/** Numbers in the form the function returned its tensors. */
export type Result<T extends Traced> = T extends Tensor
  ? RunOutput
  : { readonly [K in keyof T as T[K] extends Tensor ? K : never]: RunOutput };

/** A function that was compiled: what its device made of it, with results in the form that the function returned. */
export interface Compiled<T extends Traced> extends Omit<Executable, 'run'> {
  /** Runs on new inputs: row-major numbers, Int32Array for whole-number tensors, else Float32Array. */
  run(inputs: RunInputs, options?: RunOptions): Promise<Result<T>>;
  /** How often each rewrite rule fitted, by name. */
  readonly applied: ReadonlyMap<string, number>;
  /** What the function returned: types of the results. */
  readonly outputs: T;
  [Symbol.dispose](): void;
}

/** What a plan is rewritten by. */
export interface CompileOptions {
  readonly rules: readonly Rule[];
}

/**
 * Traces `trace` once with a placeholder for every input and plans what it returns.
 * @param inputs shape (fp32) or full type of every input, by the name under which `run` takes it.
 */
export function compile<const I extends Readonly<Record<string, Shape | TensorType>>, T extends Traced>(
  device: Device,
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

/** Throws UsageError `E_ARGUMENT` unless it is a device, of any kind. */
export function checkDevice(where: string, device: unknown): asserts device is Device {
  if (typeof (device as Partial<Device> | null | undefined)?.load === 'function') return;
  throw argumentError(where, 'a device, what `open` gives', device, 'Call `await open()` first.');
}

/** JavaScript callers, and functions that forgot to return. */
function checkTraced(traced: unknown): void {
  if (traced instanceof Tensor) return;
  const named = traced && typeof traced === 'object' && !Array.isArray(traced) ? Object.values(traced) : [];
  if (named.length > 0 && named.flat().every((value) => value instanceof Tensor)) return;
  throw new ShapeError(
    'E_ATTRIBUTE',
    'compile: the function must return a tensor, or an object of tensors, and lists of effects, by name.',
  );
}

function toType(type: Shape | TensorType): TensorType {
  if (typeof type !== 'object' || type === null) throw argumentError('compile', 'the shape of an input', type);
  return 'shape' in type ? type : { shape: type, dtype: 'f32' };
}

function bind<T extends Traced>(device: Device, traced: T, rules: readonly Rule[]): Compiled<T> {
  checkTraced(traced);
  const read = Object.entries(traced instanceof Tensor ? {} : traced).filter(([, value]) => value instanceof Tensor);
  const names = traced instanceof Tensor ? undefined : read.map(([name]) => name);
  const tensors = traced instanceof Tensor ? [traced] : read.map(([, value]) => value as Tensor);
  const effects =
    traced instanceof Tensor ? [] : Object.values(traced).flatMap((value) => (value instanceof Tensor ? [] : value));
  const assemble = (arrays: readonly RunOutput[]): Result<T> =>
    (names ? Object.fromEntries(names.map((name, index) => [name, arrays[index]!])) : arrays[0]!) as Result<T>;
  const plan = device.asWritten ? planAsWritten(tensors, effects) : makePlan(tensors, rules, effects);
  const executable = device.load(plan);
  return {
    prepare: (options) => executable.prepare(options),
    run: async (given, options) => assemble(await executable.run(given, options)),
    profile: (given) => executable.profile(given),
    explain: (options) => executable.explain(options),
    ...(executable.draws && { draws: executable.draws }),
    applied: plan.applied,
    outputs: traced,
    dispose: () => executable.dispose(),
    [Symbol.dispose]: () => executable.dispose(),
  };
}

/** Computes a tensor whose inputs are all constants: eager use, for tests and learners. Row-major numbers. */
export async function run(device: Device, tensor: Tensor, options: CompileOptions): Promise<RunOutput> {
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
