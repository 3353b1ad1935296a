/** `compile` and `run` of the engine with the standard rewrite rules, less those that do not pay on the device. */
import { checkObject } from '../base/check-argument.ts';
import { checkDevice, compile as compileWith, run as runWith, withoutRules } from '../engine/index.ts';
import type { Device, Compiled, Rule, RunOutput, Shape, Tensor, TensorType, Traced } from '../engine/index.ts';
import { cpuRules, standardRules } from './rewrite/standard-rules.ts';

/** Which rewrite rules a plan is made with. */
export interface RewriteOptions {
  /** The rewrite rules [those that suit the device: `standardRules` on WebGL]. */
  readonly rules?: readonly Rule[];
  /** Names of rules to leave out, for comparisons. Throws ShapeError `E_ATTRIBUTE` for an unknown one. */
  readonly without?: readonly string[];
}

function chooseRules(device: Device, options: RewriteOptions): readonly Rule[] {
  checkObject('compile', 'options', options);
  checkDevice('compile', device);
  const suiting = device.kind === 'cpu' ? cpuRules : standardRules;
  const { rules = suiting, without = [] } = options;
  const chosen = withoutRules(rules, without);
  const slower = device.kernels?.without ?? [];
  withoutRules(suiting, slower); // throws for unknown names; `rules` need not have them all
  return chosen.filter(({ name }) => !slower.includes(name));
}

/**
 * `compile` of the engine with the standard rewrite rules, less those of `device.kernels.without`.
 * @throws ShapeError `E_ATTRIBUTE` where that names an unknown rule
 */
export function compile<const I extends Readonly<Record<string, Shape | TensorType>>, T extends Traced>(
  device: Device,
  trace: (inputs: { readonly [K in keyof I]: Tensor }) => T,
  inputs: I,
  options: RewriteOptions = {},
): Compiled<T> {
  return compileWith(device, trace, inputs, { rules: chooseRules(device, options) });
}

/** Computes a tensor of constants at once: eager use, for tests and learners. */
export async function run(device: Device, tensor: Tensor, options: RewriteOptions = {}): Promise<RunOutput> {
  return runWith(device, tensor, { rules: chooseRules(device, options) });
}
