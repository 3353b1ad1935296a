/**
 * Choices of kernels that were written down: in a cache, or in a picture of anyone's. Nothing in them is taken on
 * trust.
 */
import type { CpuChoice, KernelChoice, Rule } from '../engine/index.ts';
import { cpuRules, standardRules } from './rewrite/standard-rules.ts';

/** Whether a value read from somewhere is a choice of kernels of WebGL, whole, that some device may have. */
export function isKernelChoice(value: unknown): value is KernelChoice {
  const { targets, fetch, block, without } = (value ?? {}) as Partial<KernelChoice>;
  return (
    [1, 2, 4, 8].includes(targets!) &&
    (fetch === 'texelFetch' || fetch === 'textureLod') &&
    (block === 'strip' || block === 'block') &&
    areRules(without, standardRules)
  );
}

/** The same for the CPU. */
export function isCpuChoice(value: unknown): value is CpuChoice {
  const { multiplyAdd, without } = (value ?? {}) as Partial<CpuChoice>;
  return (multiplyAdd === 'plain' || multiplyAdd === 'relaxed') && areRules(without, cpuRules);
}

/** Whether it is a list of some of these rules by name, each once. */
function areRules(names: unknown, rules: readonly Rule[]): boolean {
  if (!Array.isArray(names) || new Set(names).size !== names.length) return false;
  return names.every((name) => rules.some((rule) => rule.name === name));
}
