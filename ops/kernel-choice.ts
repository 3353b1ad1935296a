/**
 * Choices of kernels that were written down: in a cache, or in a picture of anyone's. Nothing in them is taken on
 * trust.
 */
import type { KernelChoice } from '../engine/index.ts';
import { standardRules } from './rewrite/standard-rules.ts';

/** Whether a value read from somewhere is a choice of kernels, whole, that some device may have. */
export function isKernelChoice(value: unknown): value is KernelChoice {
  const { targets, fetch, block, without } = (value ?? {}) as Partial<KernelChoice>;
  const known = (name: unknown): boolean => standardRules.some((rule) => rule.name === name);
  return (
    [1, 2, 4, 8].includes(targets!) &&
    (fetch === 'texelFetch' || fetch === 'textureLod') &&
    (block === 'strip' || block === 'block') &&
    Array.isArray(without) &&
    without.every(known) &&
    new Set(without).size === without.length
  );
}
