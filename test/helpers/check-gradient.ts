/**
 * A gradient against central differences of the float64 interpreter, which needs no device: the loss is a weighted sum
 * of all elements, and some elements of every constant in fp32 are moved a little to both sides.
 */
import { expect } from 'vitest';
import {
  interpret,
  isOf,
  placeholder,
  rewrite,
  sizeOf,
  sortTopologically,
  tensor,
  constantOp,
} from '../../engine/index.ts';
import type { Tensor } from '../../engine/index.ts';
import { gradients, mul, sum } from '../../ops/index.ts';
import { createRandom } from './random.ts';

/** Elements of each constant that are moved. */
const MOVED = 12;

interface GradientOptions {
  readonly seed?: number;
  /** Numbers of the constants [their own, each moved by 0.1 to 0.4: away from ties and kinks at whole numbers]. */
  readonly jitter?: boolean;
}

/** The constants in fp32 that a result is made of, as inputs of the same numbers. */
async function openLeaves(
  result: Tensor,
  { seed = 20261130, jitter = true }: GradientOptions,
): Promise<{ readonly loss: Tensor; readonly leaves: Tensor[]; readonly values: Record<string, Float64Array> }> {
  const random = createRandom(seed);
  const leaves: Tensor[] = [];
  const values: Record<string, Float64Array> = {};
  const replaced = new Map<Tensor, Tensor>();
  for (const leaf of sortTopologically([result])) {
    if (!isOf(leaf, constantOp) || leaf.dtype !== 'f32') continue;
    const name = `leaf${leaves.length}`;
    const numbers = await leaf.attributes.read();
    values[name] = Float64Array.from(numbers, (value) => value + (jitter ? 0.1 + 0.3 * random.uniform() : 0));
    const input = placeholder(name, leaf.type);
    leaves.push(input);
    replaced.set(leaf, input);
  }
  const rule = { name: 'open_leaf', why: 'Constants become inputs.', apply: (tensor: Tensor) => replaced.get(tensor) };
  const [opened] = rewrite([result], [rule]).outputs as [Tensor];
  const weights = tensor(random.gaussians(sizeOf(opened.shape)), opened.shape);
  return { loss: sum(mul(opened, weights)), leaves, values };
}

/** Whether a result may be differentiated by numbers: it has constants in fp32, and all of it is finite. */
export async function isDifferentiable(result: Tensor): Promise<boolean> {
  if (result.dtype !== 'f32') return false;
  const { loss, leaves, values } = await openLeaves(result, {});
  if (leaves.length === 0 || Object.values(values).some((numbers) => !numbers.every(Number.isFinite))) return false;
  const [[value]] = (await interpret([loss], values)) as [Float64Array];
  return Number.isFinite(value);
}

/** The largest |error| of the checked elements, in parts of what is allowed, is at most 1. */
export async function checkGradient(result: Tensor, options: GradientOptions = {}): Promise<void> {
  const { loss, leaves, values } = await openLeaves(result, options);
  const found = await interpret(gradients(loss, leaves), values);
  const random = createRandom((options.seed ?? 20261130) + 1);
  for (const [at, leaf] of leaves.entries()) {
    const numbers = values[`leaf${at}`]!;
    const size = sizeOf(leaf.shape);
    const norm = Math.sqrt(found[at]!.reduce((total, value) => total + value ** 2, 0) / size);
    const chosen = Array.from({ length: Math.min(MOVED, size) }, (_, i) =>
      size <= MOVED ? i : random.integer(0, size - 1),
    );
    for (const element of chosen) {
      const difference = await differ(loss, values, numbers, element);
      const allowed = 2e-5 * Math.max(norm, Math.abs(difference.slope)) + difference.noise;
      const error = Math.abs(found[at]![element]! - difference.slope);
      expect(
        error / allowed,
        `element ${element} of ${leaf.toString()}: gradient ${found[at]![element]}, by differences ${difference.slope}`,
      ).toBeLessThanOrEqual(1);
    }
  }
}

/** The slope of the loss along one element, and what float64 leaves unsure of it. */
async function differ(
  loss: Tensor,
  values: Record<string, Float64Array>,
  numbers: Float64Array,
  element: number,
): Promise<{ slope: number; noise: number }> {
  const value = numbers[element]!;
  // Less than in proportion: a number far from its mean moves on the scale of the deviation.
  const step = 1e-5 * Math.max(1, Math.sqrt(Math.abs(value)));
  const at = async (moved: number): Promise<number> => {
    numbers[element] = moved;
    const [[result]] = (await interpret([loss], values)) as [Float64Array];
    numbers[element] = value;
    return result!;
  };
  const slopeOver = async (distance: number): Promise<number> =>
    ((await at(value + distance)) - (await at(value - distance))) / (2 * distance);
  // Of two distances the error that grows with their square goes out (Richardson): a large number is moved far.
  const slope = (4 * (await slopeOver(step / 2)) - (await slopeOver(step))) / 3;
  return { slope, noise: (3e-14 * (Math.abs(await at(value)) + 1)) / step };
}
